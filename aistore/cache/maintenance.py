"""Forgetting, warming and counting: for operators and the odd case, not for every request."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from .announcing import forget_now
from .counters import counters
from .kept import shelf
from .link import CacheDown, Link, link
from .reading import Unit, prefix

SCANNED = 1000  # keys asked for at a time
OUTCOMES = ("kept", "hit", "miss", "error")

# What fills the cache, by name: each takes how many units at most and yields when one was read. The models add theirs.
WARMERS: dict[str, Callable[[int], Iterator[None]]] = {}


@dataclass(frozen=True)
class Statistics:
    """Reads by query and outcome, of all processes since the counters were made."""

    queries: dict[str, dict[str, int]]
    used_memory: int | None = None  # bytes
    max_memory: int | None = None  # bytes; 0: no limit
    evicted_keys: int | None = None
    kept_entries: int = 0  # decoded, in this process
    kept_bytes: int = 0

    def hit_rate(self, *queries: str) -> float | None:
        """Kept and hit among all reads of these queries (of all, without a name); None: there were none."""
        chosen = [self.queries.get(query, {}) for query in queries or self.queries]
        good = sum(counts.get("kept", 0) + counts.get("hit", 0) for counts in chosen)
        total = sum(sum(counts.values()) for counts in chosen)
        return good / total if total else None


def forget(*things: Any) -> None:
    """Forget conversations (rows, records or their UUIDs), owners (users or their ids) and cached functions now."""
    forget_now(*[unit for thing in things for unit in _units(thing)])


def forget_matching(pattern: str) -> int:
    """Forget the units whose name ("conversation:<hex id>", "owner:<id>", "memories:<id>", "user:<id>", or a function's
    prefix) matches this glob. Walks over all keys of the cache: for operators, never for a request. Returns how many
    were found; what a cache that goes away does not say is not found."""
    way = link()
    if way is None:
        return 0
    try:
        return sum(way.call(("UNLINK", *keys))[0] for keys in _found(way, _glob(pattern)) if keys)
    except CacheDown:
        way.doubt()
        return 0


def warm(*, limit: int = 1000, on_progress: Callable[[], object] | None = None) -> int:
    """Fill the cache with the newest of everything, at most ``limit`` of each. Returns how many were read. It ends
    where the cache does."""
    way, done = link(), 0
    for warmer in WARMERS.values():
        for _ in warmer(limit):
            if way is None or not way.is_trusted:
                return done
            done += 1
            if on_progress:
                on_progress()
    return done


def stats() -> Statistics:
    """One round trip. Without a cache there is only what this process keeps."""
    way, key, kept = link(), f"{prefix()}stats", {"kept_entries": len(shelf), "kept_bytes": shelf.size}
    if way is None:
        return Statistics({}, **kept)
    try:
        replies = way.call(*counters.all(key), ("HGETALL", key), ("INFO", "memory"), ("INFO", "stats"))
    except CacheDown:
        return Statistics({}, **kept)
    counts, memory, general = replies[-3:]
    info = _info(memory) | _info(general)
    return Statistics(
        _by_query(counts), info.get("used_memory"), info.get("maxmemory"), info.get("evicted_keys"), **kept
    )


def forget_kept() -> None:
    """Empty what this process keeps decoded; the cache itself stays."""
    shelf.clear()


KINDS = {"conversation": "c", "owner": "o", "memories": "m", "user": "u"}


def _glob(pattern: str) -> str:
    kind, _, name = pattern.partition(":")
    unit = f"{KINDS[kind]}:*:{name or '*'}" if kind in KINDS else f"f::{pattern}"
    own = re.sub(r"([*?\[\]\\])", r"\\\1", prefix())
    return f"{own}{{{unit}}}:s"


def _found(way: Link, glob: str) -> Iterator[list[bytes]]:
    cursor = b"0"
    while True:
        [reply] = way.call(("SCAN", cursor, "MATCH", glob, "COUNT", SCANNED))
        if isinstance(reply, Exception):
            raise CacheDown from reply
        cursor, keys = reply
        yield keys
        if cursor == b"0":
            return


def _units(thing: Any) -> list[Unit]:
    """In each database: which of them holds the thing is not known of an id, and to forget too much harms nobody."""
    if isinstance(thing, Unit):
        return [thing]
    if hasattr(thing, "unit"):
        return [thing.unit]
    key = getattr(thing, "pk", thing)
    kinds = {"o": str(key), "m": str(key), "u": str(key)}
    if isinstance(key, uuid.UUID):  # of a conversation, or of a user where the host gives them such keys
        kinds["c"] = key.hex
    return [Unit(kind, name, using) for kind, name in kinds.items() for using in connections]


def _info(reply: Any) -> dict[str, int]:
    lines = reply.decode().splitlines() if isinstance(reply, bytes) else []
    pairs = (line.partition(":") for line in lines)
    return {name: int(value) for name, _, value in pairs if value.isdigit()}


def _by_query(reply: Any) -> dict[str, dict[str, int]]:
    counts = reply if isinstance(reply, list) else []
    queries: dict[str, dict[str, int]] = {}
    for field, count in zip(counts[::2], counts[1::2], strict=True):
        query, _, outcome = field.decode().rpartition(":")
        queries.setdefault(query, dict.fromkeys(OUTCOMES, 0))[outcome] = int(count)
    return queries
