"""How well the cache serves: hit rates by query, now and over time.

The cache adds up since it was emptied. So that a rate can be of the last minutes, the sums are put aside once in each
window of five minutes, by whoever comes first: the recorder's flush, a report, an alert. What nobody put aside is
missing in the plot, and its reads count in the next window.
"""

import contextlib
import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from .. import cache
from ..cache.link import link
from ..conf import settings
from .flushing import PUBLISHERS
from .store import KEPT_SECONDS, CacheGone, key, store
from .windows import SECONDS, number_of

GOOD = ("kept", "hit")

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class QueryUse:
    """One kind of cached read: get, newest, last, path, search, user, or the prefix of a cached function."""

    query: str
    kept: int  # decoded in the process; the cache was asked whether it still holds
    hit: int  # fetched
    miss: int
    error: int  # the cache did not answer

    @property
    def reads(self) -> int:
        return self.kept + self.hit + self.miss + self.error

    @property
    def hit_rate(self) -> float | None:
        return (self.kept + self.hit) / self.reads if self.reads else None


@dataclass(frozen=True)
class CacheMoment:
    """One window: reads by outcome, all queries together."""

    at: dt.datetime
    reads: int
    good: int

    @property
    def hit_rate(self) -> float | None:
        return self.good / self.reads if self.reads else None


@dataclass(frozen=True)
class CacheUse:
    """``since``: from when on the reads are counted; None: since the cache was emptied."""

    is_configured: bool
    is_answering: bool
    since: dt.datetime | None = None
    queries: tuple[QueryUse, ...] = ()
    timeline: tuple[CacheMoment, ...] = ()
    used_memory: int | None = None  # bytes
    max_memory: int | None = None  # bytes; 0: no limit
    evicted_keys: int | None = None  # since the server started
    kept_entries: int = 0  # of this process
    kept_bytes: int = 0

    @property
    def reads(self) -> int:
        return sum(query.reads for query in self.queries)

    @property
    def errors(self) -> int:
        return sum(query.error for query in self.queries)

    @property
    def hit_rate(self) -> float | None:
        return sum(query.kept + query.hit for query in self.queries) / self.reads if self.reads else None

    @property
    def memory_share(self) -> float | None:
        return (
            self.used_memory / self.max_memory if self.used_memory is not None and self.max_memory else None
        )


def cache_stats(since: dt.timedelta = dt.timedelta(hours=1)) -> CacheUse:
    """Of all processes. Two round trips; without a cache it says so."""
    if link() is None:
        return CacheUse(is_configured=settings.CACHE_ALIAS is not None, is_answering=False)
    now = cache.stats()
    if now.used_memory is None:
        return CacheUse(is_configured=True, is_answering=False)
    aside, first = _aside(), _first(since)
    put_aside(now.queries)
    # Where nobody put anything aside, nobody read, either: so the last sums before are those of the beginning.
    begin = max((window for window in aside if window <= first), default=None)
    shown = {window: counts for window, counts in aside.items() if window >= first}
    return CacheUse(
        is_configured=True,
        is_answering=True,
        since=None if begin is None else _moment(begin * SECONDS),
        queries=_uses(_since(aside[begin] if begin is not None else {}, now.queries)),
        timeline=_timeline({**shown, number_of(time.time()) + 1: now.queries}),
        used_memory=now.used_memory,
        max_memory=now.max_memory,
        evicted_keys=now.evicted_keys,
        kept_entries=now.kept_entries,
        kept_bytes=now.kept_bytes,
    )


def put_aside(queries: Mapping[str, Mapping[str, int]]) -> None:
    """The sums at the beginning of this window, if nobody has done it yet."""
    packed = msgspec.msgpack.encode({name: dict(counted) for name, counted in queries.items()})
    with contextlib.suppress(CacheGone):  # the next one does it
        store.exchange(("SET", _key(number_of(time.time())), packed, "NX", "EX", KEPT_SECONDS + SECONDS))


class Publisher:
    """Once in a window is enough for a process."""

    def __init__(self) -> None:
        self._window = 0

    def __call__(self, *, is_over: bool) -> None:
        window = number_of(time.time())
        if window == self._window or is_over:
            return
        self._window = window
        put_aside(cache.stats().queries)


PUBLISHERS.append(Publisher())


def _key(window: int) -> str:
    return key(f"c:{window}")


def _first(since: dt.timedelta) -> int:
    return number_of(time.time() - min(since.total_seconds(), KEPT_SECONDS))


def _aside() -> dict[int, Counts]:
    """All that was put aside, oldest first, by the number of the window."""
    now = number_of(time.time())
    windows = range(now - KEPT_SECONDS // SECONDS, now + 1)
    try:
        [replies] = store.exchange(("MGET", *map(_key, windows)))
    except CacheGone:
        return {}
    found = replies if isinstance(replies, list) else []
    return {
        window: _counts(reply) for window, reply in zip(windows, found, strict=False) if reply is not None
    }


def _counts(reply: bytes) -> Counts:
    try:
        return msgspec.msgpack.decode(reply, type=dict[str, dict[str, int]])
    except msgspec.MsgspecError:  # another release's
        return {}


def _since(before: Counts, now: Mapping[str, Mapping[str, int]]) -> Counts:
    """What was added. Sums that went down were emptied in between."""
    return {
        name: {
            outcome: count - past if count >= (past := before.get(name, {}).get(outcome, 0)) else count
            for outcome, count in counted.items()
        }
        for name, counted in now.items()
    }


def _uses(counts: Counts) -> tuple[QueryUse, ...]:
    outcomes = ("kept", "hit", "miss", "error")
    uses = [
        QueryUse(name, *(counted.get(outcome, 0) for outcome in outcomes)) for name, counted in counts.items()
    ]
    return tuple(sorted((use for use in uses if use.reads), key=lambda use: -use.reads))


def _timeline(sums: Mapping[int, Mapping[str, Mapping[str, int]]]) -> tuple[CacheMoment, ...]:
    return tuple(
        _cache_moment(at, _since(_plain(sums[at]), sums[after])) for at, after in pairwise(sorted(sums))
    )


def _cache_moment(at: int, added: Counts) -> CacheMoment:
    reads = sum(sum(counted.values()) for counted in added.values())
    good = sum(counted.get(outcome, 0) for counted in added.values() for outcome in GOOD)
    return CacheMoment(_moment(at * SECONDS), reads, good)


def _plain(counts: Mapping[str, Mapping[str, int]]) -> Counts:
    return {name: dict(counted) for name, counted in counts.items()}


def _moment(second: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(second, dt.UTC)
