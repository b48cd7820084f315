"""When a memory was last used: written at most once a minute, by nobody who is waited for.

A search is a read, and stays one: the mark is a statement of its own, after the reader's transaction has committed. It
passes over rows that somebody else has locked, and its commit does not wait for the disk. No cache is told: the time of
use alone would outdate every search of the owner, so a cached record carries the time that it was read with.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from django.db import Error, connections, transaction
from django.utils import timezone

logger = logging.getLogger("aistore.memories")

SELDOM = dt.timedelta(minutes=1)
NOTED = (
    10_000  # memories of which each process knows when it marked them: for cached hits, which ask no database
)

MARK = """
WITH unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
), due AS MATERIALIZED (
    SELECT m.id FROM unhurried, aistore_memory AS m
    WHERE m.id = ANY (%s::uuid[]) AND (m.last_used_at IS NULL OR m.last_used_at <= %s)
    ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
)
UPDATE aistore_memory AS m SET last_used_at = %s FROM due WHERE m.id = due.id"""


def note(using: str, memories: Iterable[Any]) -> None:
    """These rows or records were returned to somebody who uses them."""
    since = timezone.now() - SELDOM
    due = [memory.pk for memory in memories if _is_older(memory, since)]
    if due and (new := noted.new(using, due)):
        transaction.on_commit(lambda: _mark_quietly(using, new), using=using, robust=True)


def mark(using: str, ids: Iterable[uuid.UUID]) -> int:
    """Write that they are used now. Returns for how many that was due."""
    now = timezone.now()
    with connections[using].cursor() as cursor:
        cursor.execute(MARK, [[str(key) for key in ids], now - SELDOM, now])
        return int(cursor.rowcount)


def _is_older(memory: Any, since: dt.datetime) -> bool:
    """Not fetched where it was deferred."""
    used_at = (
        getattr(memory, "__dict__", {}).get("last_used_at")
        if hasattr(memory, "_state")
        else memory.last_used_at
    )
    return used_at is None or used_at <= since


def _mark_quietly(using: str, ids: list[uuid.UUID]) -> None:
    """A reader may be on a replica, or have no right to write: he has his answer."""
    try:
        mark(using, ids)
    except Error as error:
        logger.info("memories were not marked as used: %s", error)


class Noted:
    """What this process has marked within the minute."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, uuid.UUID], float] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, using: str, ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
        """Those that were not, and are from now on."""
        now = time.monotonic()
        with self._lock:
            return [key for key in ids if self._is_new((using, key), now)]

    def clear(self) -> None:
        self._at.clear()

    def _is_new(self, key: tuple[str, uuid.UUID], now: float) -> bool:
        before = self._at.pop(key, None)
        is_new = before is None or now - before >= SELDOM.total_seconds()
        self._at[key] = now if is_new or before is None else before
        if len(self._at) > NOTED:
            self._at.popitem(last=False)
        return is_new


noted = Noted()
