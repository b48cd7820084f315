"""What was recorded, put together: all processes where the cache answers, this one alone where it does not."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from .figures import Moment, SlowQuery, Statistics
from .flushing import flusher
from .recorder import recorder
from .store import KEPT_SECONDS, CacheGone, store
from .sums import Sums, added_up
from .tally import Tallies, Tally
from .windows import SECONDS, number_of

HOUR = dt.timedelta(hours=1)
MOST_NAMES = 1000  # of all processes together


def query_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """Statements by shape. At most the last 24 hours are kept."""
    return _statistics("query", since)


def request_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """Requests by method and route, where ``aistore.middleware.RequestCounters`` is in MIDDLEWARE."""
    return _statistics("request", since)


def timer_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """Blocks and functions under ``query_timer``, by name."""
    return _statistics("timer", since)


def checkout_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """How long callers waited for a connection of a pool, by database; an error is one who got none."""
    return _statistics("checkout", since)


def slow_queries(since: dt.timedelta = HOUR, *, limit: int = 20) -> tuple[SlowQuery, ...]:
    """The newest first. Each process keeps the last 50 of five minutes."""
    begin = dt.datetime.now(dt.UTC) - since
    found = (slow for slow in _sums(since).slow if slow.at >= begin)
    return tuple(sorted(found, key=lambda slow: slow.at, reverse=True)[:limit])


@contextmanager
def one_look() -> Iterator[None]:
    """What is asked for inside is read from the cache once for each length of time, and of the same moment."""
    token = _looked.set({})
    try:
        yield
    finally:
        _looked.reset(token)


def _statistics(kind: str, since: dt.timedelta) -> Statistics:
    sums, now = _sums(since), time.time()
    each, timeline = Tallies(MOST_NAMES), sums.timeline[kind]
    for key, tally in sums.each[kind].items():
        each.of(sums.name_of(key)).take_in(tally)
    total = Tally()
    for tally in timeline.values():
        total.take_in(tally)
    begin = max(number_of(now - since.total_seconds()) * SECONDS, min(sums.began, now))
    figures = (tally.figures(name) for name, tally in each.items())
    return Statistics(
        since=dt.datetime.fromtimestamp(begin, dt.UTC),
        seconds=now - begin,
        processes=len(sums.processes[kind]),
        is_shared=sums.names is not None,
        total=total.figures(""),
        each=tuple(sorted(figures, key=lambda one: one.total, reverse=True)),
        timeline=tuple(_moment(number, timeline[number], now) for number in sorted(timeline)),
    )


def _moment(number: int, tally: Tally, now: float) -> Moment:
    return Moment(
        at=dt.datetime.fromtimestamp(number * SECONDS, dt.UTC),
        seconds=min(now - number * SECONDS, SECONDS),
        total=tally.figures(""),
    )


def _sums(since: dt.timedelta) -> Sums:
    looked = _looked.get()
    if looked is None:
        return _summed(since)
    if since not in looked:
        looked[since] = _summed(since)
    return looked[since]


_looked: ContextVar[dict[dt.timedelta, Sums] | None] = ContextVar("aistore_one_look", default=None)


def _summed(since: dt.timedelta) -> Sums:
    first = number_of(time.time() - min(since.total_seconds(), KEPT_SECONDS))
    flusher.flush()  # what this process did just now belongs to it
    try:
        sums = added_up(store.windows(first, number_of(time.time())))
        return replace(sums, names=store.names())
    except CacheGone:
        own = recorder.contents(first).items()
        return added_up((number, recorder.process, content) for number, content in own)
