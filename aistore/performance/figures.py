"""What the recorder knows, as frozen dataclasses. Seconds and counts; never a parameter of a statement."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figures:
    """One statement shape, one route, one timer, or all of them together."""

    name: str  # the shape "SELECT … WHERE id = ?", the route "GET chats/<uuid:pk>/", the timer's name; "" for all
    count: int
    errors: int  # ended by an exception; of requests also answered by 5xx
    slow: int  # of statements: SLOW_QUERY_SECONDS and more; of timers: their threshold and more
    rows: int  # returned or changed; of statements only
    total: float  # seconds
    mean: float
    p50: float
    p95: float
    p99: float
    max: float
    buckets: Mapping[int, int] = field(repr=False, default_factory=dict)  # see histogram.py

    @property
    def error_rate(self) -> float:
        """Of 1; 0 where nothing ran."""
        return self.errors / self.count if self.count else 0.0


@dataclass(frozen=True)
class Moment:
    """What happened in one window of five minutes."""

    at: dt.datetime  # its beginning, UTC
    seconds: float  # how much of it has passed
    total: Figures


@dataclass(frozen=True)
class Statistics:
    """What happened since a moment, in whole windows."""

    since: dt.datetime  # the beginning of the first window, UTC; or of the recording, when that began later
    seconds: float  # from then to now: total.count / seconds is the rate
    processes: int  # whose figures these are
    is_shared: bool  # False: the cache did not answer, and these are of this process alone
    total: Figures
    each: tuple[Figures, ...]  # by name; those that took the most time first
    timeline: tuple[Moment, ...]  # oldest first; windows in which nothing happened are left out

    @property
    def rate(self) -> float:
        """A second."""
        return self.total.count / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class SlowQuery:
    at: dt.datetime  # when it ended, UTC
    seconds: float
    shape: str  # the statement without its values
    caller: str  # "chats/views.py:42", the nearest line outside of Django and aistore; "" if there is none
    origin: str  # "GET chats/<uuid:pk>/", "manage.py aistore_import" or the name of the program
    database: str  # its alias
    is_failed: bool = False


@dataclass(frozen=True)
class PoolStats:
    """The connection pool of one database, all processes of this host together."""

    database: str  # its alias
    processes: int
    is_shared: bool  # False: the cache did not answer, and these are of this process alone
    min_size: int
    max_size: int
    size: int  # connections that there are
    in_use: int
    idle: int
    waiting: int  # callers, at this moment
    checkouts: int  # since the processes started, as all below
    queued: int  # of them had to wait
    errors: int  # of them got no connection in time
    wait_mean: float  # seconds, of all checkouts
    wait_p99: float
    wait_max: float
    connected: int  # connections that were made
    lost: int  # connections that were found broken
    oldest: float  # seconds for which the longest holder has had his connection; 0: nobody has one

    @property
    def usage(self) -> float:
        """Of 1: how much of what the pool may hold is in use."""
        return self.in_use / self.max_size if self.max_size else 0.0
