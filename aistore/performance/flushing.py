"""Tells the other processes what this one has measured: every few seconds, in the background.

The thread starts with the first thing that is measured, not with the process: a server that loads the app and then
forks would be left without it. uWSGI needs ``enable-threads``.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable

from ..conf import settings
from .recorder import recorder
from .store import store

logger = logging.getLogger("aistore.performance")

# What else is told at the same time: the pools add themselves.
PUBLISHERS: list[Callable[..., object]] = []


class Flusher:
    def __init__(self) -> None:
        self._lock = threading.RLock()  # a finaliser that runs meanwhile may run a statement
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()
        self._is_in_trouble = False
        self.is_paused = False

    def ensure(self) -> None:
        if self._thread is None and not self.is_paused:
            self._start()

    def flush(self, *, seconds: float | None = None) -> bool:
        """Now. False: nobody was told; the next time makes it good."""
        packed = recorder.unsaved()
        is_saved = store.save(recorder.process, packed, seconds=seconds)
        if not is_saved:
            recorder.not_saved(packed)
        return is_saved

    def pause(self) -> None:
        """For tests that look into the cache: no thread from now on."""
        self.is_paused = True
        self._is_over.set()

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="aistore-recorder", daemon=True)
        atexit.register(self._end)
        try:
            self._thread.start()
        except RuntimeError:  # no more threads here, or the interpreter is ending: then it is told at the end
            logger.warning("what is measured is shared only at the end: no thread could be started for it")

    def _run(self) -> None:
        while not self._is_over.wait(max(settings.RECORDING_FLUSH_SECONDS, 0.1)):
            self._tell(is_over=False)

    def _end(self) -> None:
        """A command may live shorter than the time between two flushes."""
        self._is_over.set()
        self._tell(is_over=True)

    def _tell(self, *, is_over: bool) -> None:
        try:
            self.flush(seconds=settings.CACHE_TIMEOUT if is_over else None)
            _publish(is_over=is_over)
            self._is_in_trouble = False
        # Nobody could be told but the log, and the next time may go well.
        except Exception as error:  # noqa: BLE001
            if not self._is_in_trouble:
                self._is_in_trouble = True
                logger.warning("what is measured cannot be shared (%s)", type(error).__name__)


def _publish(*, is_over: bool) -> None:
    for publish in PUBLISHERS:
        publish(is_over=is_over)


flusher = Flusher()


def _after_fork() -> None:
    is_paused = flusher.is_paused
    atexit.unregister(flusher._end)  # the parent's; the child starts its own
    flusher.__init__()  # type: ignore[misc]
    flusher.is_paused = is_paused


os.register_at_fork(after_in_child=_after_fork)
