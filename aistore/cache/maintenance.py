"""Forgetting, warming and counting: for operators and the odd case, not for every request."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .counters import counters
from .kept import shelf
from .link import CacheDown, link
from .reading import Unit, forget_now, prefix

SCANNED = 1000  # keys asked for at a time
OUTCOMES = ("kept", "hit", "miss", "error")

# What fills the cache, by name: each takes how many units at most and yields once for each. The models add theirs.
WARMERS: dict[str, Callable[[int], Iterator[None]]] = {}


@dataclass(frozen=True)
class Statistics:
    """Reads by query and outcome, of all processes since the counters were made."""

    queries: dict[str, dict[str, int]]
    used_memory: int | None  # bytes
    max_memory: int | None  # bytes; 0: no limit
    evicted_keys: int | None

    def hit_rate(self, *queries: str) -> float | None:
        """Kept and hit among all reads of these queries (of all, without a name); None: there were none."""
        chosen = [self.queries.get(query, {}) for query in queries or self.queries]
        good = sum(counts.get("kept", 0) + counts.get("hit", 0) for counts in chosen)
        total = sum(sum(counts.values()) for counts in chosen)
        return good / total if total else None


def forget(*things: Any) -> None:
    """Forget conversations (rows, records or their UUIDs) and owners (users or their ids) now."""
    forget_now(*[unit for thing in things for unit in _units(thing)])


def forget_matching(pattern: str) -> int:
    """Forget the units whose name ("conversation:<hex id>", "owner:<id>", "user:<id>", a function's prefix) matches
    this glob. Walks over all keys of the cache: for operators, never for a request. Returns how many."""
    way = link()
    if way is None:
        return 0
    kind, _, name = pattern.partition(":")
    unit = f"{KINDS[kind]}:{name or '*'}" if kind in KINDS else f"f:{pattern}"
    glob, cursor, forgotten = f"{prefix()}{{{unit}}}:s", b"0", 0
    while True:
        [(cursor, keys)] = way.call(("SCAN", cursor, "MATCH", glob, "COUNT", SCANNED))
        if keys:
            forgotten += sum(way.call(("UNLINK", *keys)))
        if cursor == b"0":
            return forgotten


def warm(*, limit: int = 1000, on_progress: Callable[[], None] | None = None) -> int:
    """Fill the cache with the newest of everything, at most ``limit`` of each. Returns how many were read."""
    done = 0
    for warmer in WARMERS.values():
        for _ in warmer(limit):
            done += 1
            if on_progress:
                on_progress()
    return done


def stats() -> Statistics:
    way, key = link(), f"{prefix()}stats"
    if way is None:
        return Statistics({}, None, None, None)
    try:
        replies = way.call(*counters.all(key), ("HGETALL", key), ("INFO", "memory"), ("INFO", "stats"))
    except CacheDown:
        return Statistics({}, None, None, None)
    counts, memory, general = replies[-3:]
    info = dict(line.split(":", 1) for line in (memory + general).decode().splitlines() if ":" in line)
    queries: dict[str, dict[str, int]] = {}
    for field, count in zip(counts[::2], counts[1::2], strict=True):
        query, _, outcome = field.decode().partition(":")
        queries.setdefault(query, dict.fromkeys(OUTCOMES, 0))[outcome] = int(count)
    return Statistics(queries, *(int(info[name]) for name in ("used_memory", "maxmemory", "evicted_keys")))


def forget_kept() -> None:
    """Empty what this process keeps decoded; the cache itself stays."""
    shelf.clear()


KINDS = {"conversation": "c", "owner": "o", "memories": "m", "user": "u"}


def _units(thing: Any) -> list[Unit]:
    if isinstance(thing, Unit):
        return [thing]
    if hasattr(thing, "unit"):
        return [thing.unit]
    key = getattr(thing, "pk", thing)
    if isinstance(key, uuid.UUID) and (thing is key or hasattr(thing, "owner_id")):
        return [Unit("c", key.hex)]
    return [Unit(kind, str(key)) for kind in ("o", "m", "u")]
