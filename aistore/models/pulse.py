"""The thread that writes a process's streams. See Note [Signs of life] in streaming."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from django.db import DatabaseError, InterfaceError, connections

if TYPE_CHECKING:
    from .streaming import Stream

logger = logging.getLogger("aistore.streaming")


class Pulse:
    """It starts with the first stream and ends with the last."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In the child of a fork: the streams are its parent's, and the thread has stayed there."""
        self._streams: set[Stream] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, stream: Stream) -> None:
        with self._changed:
            self._streams.add(stream)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="aistore-pulse", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, stream: Stream) -> None:
        with self._changed:
            self._streams.discard(stream)
            self._changed.notify()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _beat(self) -> None:
        try:
            while due := self._wait():
                for stream in due:
                    self._write(stream)
        finally:
            connections.close_all()

    def _wait(self) -> list[Stream]:
        """The streams that are due; none when the last has ended."""
        with self._changed:
            while self._streams:
                first = min(stream.due_in() for stream in self._streams)
                if first <= 0:
                    return [stream for stream in self._streams if stream.due_in() <= 0]
                self._changed.wait(timeout=first)
            self._thread = None
            return []

    def _write(self, stream: Stream) -> None:
        try:
            stream.write_through()
        except (DatabaseError, InterfaceError):
            logger.warning(
                "stream %s could not be written through; trying again", stream.message.pk, exc_info=True
            )
            connections[stream._using].close()
            stream.try_again_soon()


pulse = Pulse()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=pulse.forget)
