"""When a memory was last used: written at most once a minute, by nobody who is waited for.

A search is a read, and stays one: the mark is a statement of its own, after the reader's transaction has committed. It
passes over rows that somebody else has locked, and its commit does not wait for the disk. Where searches come thick,
some leave theirs to the next one, for otherwise each would cost a write. No cache is told: the time of use alone would
outdate every search of the owner, so a cached record carries the time that it was read with.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

from django.db import Error, connections, transaction
from django.utils import timezone

logger = logging.getLogger("aistore.memories")

SELDOM = dt.timedelta(minutes=1)
NOTED = (
    10_000  # memories of which each process knows when it marked them: for cached hits, which ask no database
)
WRITES = 5  # a second, of one process: unnoticed, and more than a site with few readers ever needs

MARK = """
WITH unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
), due AS MATERIALIZED (
    SELECT m.id, used.at FROM unhurried, unnest(%s::uuid[], %s::timestamptz[]) AS used (id, at)
    JOIN aistore_memory AS m ON m.id = used.id
    WHERE m.last_used_at IS NULL OR m.last_used_at <= used.at - interval '1 minute'
    ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
)
UPDATE aistore_memory AS m SET last_used_at = due.at FROM due WHERE m.id = due.id"""

Uses = dict[uuid.UUID, dt.datetime]


def note(using: str, memories: Iterable[Any]) -> None:
    """These rows or records were returned to somebody who uses them."""
    now = timezone.now()
    due = [memory.pk for memory in memories if _is_older(memory, now - SELDOM)]
    if due and (uses := noted.add(using, due, now)):
        transaction.on_commit(lambda: _mark_quietly(using, uses), using=using, robust=True)


def mark(using: str, uses: Uses) -> int:
    """Write when they were used. Returns for how many that was due."""
    with connections[using].cursor() as cursor:
        cursor.execute(MARK, [list(map(str, uses)), list(uses.values())])
        return int(cursor.rowcount)


def _is_older(memory: Any, since: dt.datetime) -> bool:
    """Of a row where it was deferred nothing is known, and nothing fetched."""
    is_row = hasattr(memory, "_state")
    used_at = memory.__dict__.get("last_used_at") if is_row else memory.last_used_at
    return used_at is None or used_at <= since


def _mark_quietly(using: str, uses: Uses) -> None:
    """A reader may be on a replica, or have no right to write: he has his answer."""
    try:
        mark(using, uses)
    except Error as error:
        logger.info("memories were not marked as used: %s", error)


class Noted:
    """What this process has marked within the minute, and what it will."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self._at: OrderedDict[tuple[str, uuid.UUID], float] = OrderedDict()
        self._waiting: dict[str, Uses] = {}
        self._writes: deque[float] = deque(maxlen=WRITES)

    def add(self, using: str, ids: Iterable[uuid.UUID], at: dt.datetime) -> Uses:
        """What is to be written now, with what waited; nothing where enough was written within this second."""
        now = time.monotonic()
        with self._lock:
            waiting = self._waiting.setdefault(using, {})
            waiting.update((key, at) for key in ids if self._is_new((using, key), now))
            if not waiting or (len(self._writes) == WRITES and now - self._writes[0] < 1):
                return {}
            self._writes.append(now)
            return self._waiting.pop(using)

    def _is_new(self, key: tuple[str, uuid.UUID], now: float) -> bool:
        before = self._at.pop(key, None)
        is_new = before is None or now - before >= SELDOM.total_seconds()
        self._at[key] = now if is_new or before is None else before
        if len(self._at) > NOTED:
            self._at.popitem(last=False)
        return is_new


noted = Noted()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=noted.__init__)  # type: ignore[misc]
