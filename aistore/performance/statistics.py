"""What was recorded, put together: all processes where the cache answers, this one alone where it does not."""

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .figures import Moment, SlowQuery, Statistics
from .flushing import flusher
from .recorder import recorder
from .store import KEPT_SECONDS, CacheGone, store
from .tally import Tallies, Tally
from .windows import SECONDS, Content, number_of

HOUR = dt.timedelta(hours=1)
UNNAMED = "(its name is not kept any more)"
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
    found = (slow for share in _recorded(since).shares for slow in share.content.slow if slow.at >= begin)
    return tuple(sorted(found, key=lambda slow: slow.at, reverse=True)[:limit])


@dataclass(frozen=True)
class Share:
    """What one process did in one window."""

    number: int
    process: str
    content: Content


@dataclass(frozen=True)
class Recorded:
    shares: tuple[Share, ...]
    names: Mapping[str, str] | None  # by key; None: there are names and no keys, of this process alone

    def name_of(self, key: str) -> str:
        return key if self.names is None else self.names.get(key, UNNAMED)


def _statistics(kind: str, since: dt.timedelta) -> Statistics:
    recorded, now = _recorded(since), time.time()
    shares = [share for share in recorded.shares if share.content.tallies.get(kind)]
    each, total = Tallies(MOST_NAMES), Tally()
    for share in shares:
        for key, tally in share.content.tallies[kind].items():
            each.of(recorded.name_of(key)).take_in(tally)
            total.take_in(tally)
    begin = _beginning(recorded.shares, since, now)
    figures = (tally.figures(name) for name, tally in each.items())
    return Statistics(
        since=dt.datetime.fromtimestamp(begin, dt.UTC),
        seconds=now - begin,
        processes=len({share.process for share in shares}),
        is_shared=recorded.names is not None,
        total=total.figures(""),
        each=tuple(sorted(figures, key=lambda one: one.total, reverse=True)),
        timeline=_timeline(shares, kind, now),
    )


def _recorded(since: dt.timedelta) -> Recorded:
    first = number_of(time.time() - min(since.total_seconds(), KEPT_SECONDS))
    flusher.flush()  # what this process did just now belongs to it
    try:
        shares = tuple(Share(*found) for found in store.windows(first, number_of(time.time())))
        return Recorded(shares, store.names())
    except CacheGone:
        own = recorder.contents(first).items()
        return Recorded(tuple(Share(number, recorder.process, content) for number, content in own), None)


def _beginning(shares: Iterable[Share], since: dt.timedelta, now: float) -> float:
    """Of the first window; or of the recording, when that began later."""
    window = number_of(now - since.total_seconds()) * SECONDS
    return max(window, min((share.content.began for share in shares), default=now))


def _timeline(shares: Iterable[Share], kind: str, now: float) -> tuple[Moment, ...]:
    tallies: dict[int, Tally] = {}
    for share in shares:
        tally = tallies.setdefault(share.number, Tally())
        for one in share.content.tallies[kind].values():
            tally.take_in(one)
    return tuple(
        Moment(
            at=dt.datetime.fromtimestamp(number * SECONDS, dt.UTC),
            seconds=min(now - number * SECONDS, SECONDS),
            total=tallies[number].figures(""),
        )
        for number in sorted(tallies)
    )
