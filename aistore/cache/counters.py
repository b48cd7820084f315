"""Hits and misses by query: counted in the process, added up in the cache, a batch at a time in a read's round trip."""

import os
import threading
import time
from collections import Counter

from .wire import Command

BATCH = 500  # events
SECONDS = 5.0  # or so long


class Counters:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._events = 0
        self._since = time.monotonic()

    def add(self, query: str, outcome: str) -> None:
        with self._lock:
            self._counts[f"{query}:{outcome}"] += 1
            self._events += 1

    @property
    def are_due(self) -> bool:
        return self._events >= BATCH or (time.monotonic() - self._since > SECONDS and self._events > 0)

    def all(self, key: str) -> list[Command]:
        """The commands that add what was counted since the last time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._events, self._since = 0, time.monotonic()
        return [("HINCRBY", key, field, count) for field, count in counts.items()]


counters = Counters()
os.register_at_fork(after_in_child=counters.__init__)  # type: ignore[misc]  # the parent counts what it has seen
