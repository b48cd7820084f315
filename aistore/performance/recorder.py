"""What this process has measured: the windows that are not over, and those of the last hour."""

import os
import secrets
import threading
import time

from .figures import SlowQuery
from .windows import Content, Packed, Window, number_of, pack

KEPT = 12  # windows in the memory of the process: what can be told without a cache


class Recorder:
    def __init__(self) -> None:
        # A finaliser or a signal handler may run a statement while this thread holds it.
        self._lock = threading.RLock()
        self._windows: dict[int, Window] = {}
        self.process = secrets.token_hex(8)  # a process id comes back, on this host and on another

    def add(
        self,
        kind: str,
        name: str,
        seconds: float,
        *,
        is_failed: bool = False,
        is_slow: bool = False,
        rows: int = 0,
        slow: SlowQuery | None = None,
    ) -> None:
        with self._lock:
            self._current().add(kind, name, seconds, is_failed, slow, is_slow, rows)

    def unsaved(self) -> list[Packed]:
        """The windows that have changed since they were asked for."""
        with self._lock:
            waiting = [window for window in self._windows.values() if not window.is_saved]
            for window in waiting:
                window.is_saved = True
            contents = {window.number: window.content() for window in waiting}
        # Not under the lock: whoever runs a statement would wait for it.
        return [pack(number, content) for number, content in contents.items()]

    def not_saved(self, packed: list[Packed]) -> None:
        """They come again."""
        with self._lock:
            for one in packed:
                if one.number in self._windows:
                    self._windows[one.number].is_saved = False

    def contents(self, first: int) -> dict[int, Content]:
        """Its windows from this one on, by number. They are copies."""
        with self._lock:
            return {number: window.content() for number, window in self._windows.items() if number >= first}

    def forget(self) -> None:
        with self._lock:
            self._windows.clear()

    def _current(self) -> Window:
        now = time.time()
        window = self._windows.get(number_of(now))
        if window is None:
            window = self._windows[number_of(now)] = Window(now)
            if len(self._windows) > KEPT:
                del self._windows[min(self._windows)]
        return window


recorder = Recorder()
# The child counts what it does itself, under a name of its own; another thread may have held the lock.
os.register_at_fork(after_in_child=recorder.__init__)  # type: ignore[misc]
