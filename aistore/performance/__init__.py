"""What the data layer does, and how long it takes: pool, recorder, report, alerts.

The names below are looked up when they are first used, so that settings.py can say ``from aistore.performance import
pool`` before there are any apps. For the same reason, a module here is never named like one of them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .figures import Figures, Moment, PoolStats, SlowQuery, Statistics
    from .occupancy import pool_stats
    from .statistics import (
        checkout_statistics,
        query_statistics,
        request_statistics,
        slow_queries,
        timer_statistics,
    )
    from .timer import query_timer

HOMES = {
    "Figures": "figures",
    "Moment": "figures",
    "PoolStats": "figures",
    "SlowQuery": "figures",
    "Statistics": "figures",
    "checkout_statistics": "statistics",
    "pool_stats": "occupancy",
    "query_statistics": "statistics",
    "query_timer": "timer",
    "request_statistics": "statistics",
    "slow_queries": "statistics",
    "timer_statistics": "statistics",
}

__all__ = [
    "Figures",
    "Moment",
    "PoolStats",
    "SlowQuery",
    "Statistics",
    "checkout_statistics",
    "pool_stats",
    "query_statistics",
    "query_timer",
    "request_statistics",
    "slow_queries",
    "timer_statistics",
]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
