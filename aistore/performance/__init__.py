"""What the data layer does, and how long it takes: pool, recorder, report, alerts.

The names below are looked up when they are first used, so that settings.py can say ``from aistore.performance import
pool`` before there are any apps. For the same reason, a module here is never named like one of them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .alerting import Alerts, alerts
    from .cache_use import CacheUse, cache_stats
    from .figures import Figures, Moment, PoolStats, SlowQuery, Statistics
    from .occupancy import pool_stats
    from .reporting import Report, report
    from .statistics import (
        checkout_statistics,
        query_statistics,
        request_statistics,
        slow_queries,
        timer_statistics,
    )
    from .timer import query_timer

HOMES = {
    "Alerts": "alerting",
    "CacheUse": "cache_use",
    "Figures": "figures",
    "Moment": "figures",
    "PoolStats": "figures",
    "Report": "reporting",
    "SlowQuery": "figures",
    "Statistics": "figures",
    "alerts": "alerting",
    "cache_stats": "cache_use",
    "checkout_statistics": "statistics",
    "pool_stats": "occupancy",
    "query_statistics": "statistics",
    "query_timer": "timer",
    "report": "reporting",
    "request_statistics": "statistics",
    "slow_queries": "statistics",
    "timer_statistics": "statistics",
}

__all__ = [
    "Alerts",
    "CacheUse",
    "Figures",
    "Moment",
    "PoolStats",
    "Report",
    "SlowQuery",
    "Statistics",
    "alerts",
    "cache_stats",
    "checkout_statistics",
    "pool_stats",
    "query_statistics",
    "query_timer",
    "report",
    "request_statistics",
    "slow_queries",
    "timer_statistics",
]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
