"""The number behind each rule, or why there is none."""

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connections, router

from ..models import Conversation, Upload
from .backups import newest_verified_backup
from .cache_use import CacheUse, cache_stats
from .figures import PoolStats
from .occupancy import pool_stats
from .probe import Probe, Unseen, probe
from .rules import RULES, WINDOW_MINUTES
from .statistics import checkout_statistics, one_look, query_statistics, request_statistics

WINDOW = dt.timedelta(minutes=WINDOW_MINUTES)
SHORTEST = 60.0  # seconds by which is divided: one slow query in the first second is not sixty a minute


@dataclass(frozen=True)
class Reading:
    """``value`` None: there is none, and ``note`` says why. ``events``: of how many it is a share."""

    value: float | None
    events: int | None = None
    note: str = ""


def readings() -> dict[str, Reading]:
    """By the name of the rule, in the order of the table. Never raises for what it looks at."""
    with one_look():
        return _readings()


def _readings() -> dict[str, Reading]:
    cached = cache_stats(WINDOW)
    look: dict[str, Callable[[], Reading]] = {
        "database_down": _database,
        "pool_in_use": _pool_in_use,
        "pool_timeouts": _pool_timeouts,
        "slow_queries": _slow_queries,
        "query_errors": _query_errors,
        "disk": _disk,
        "cache_hit_rate": lambda: _hit_rate(cached),
        "cache_memory": lambda: _cache_memory(cached),
        "cache_errors": lambda: _cache_errors(cached),
        "response_time": _response_time,
        "request_errors": _request_errors,
        "backup_age": _backup_age,
    }
    return {rule.name: look[rule.name]() for rule in RULES}


def database_alias() -> str:
    return router.db_for_write(Conversation)


def pools() -> tuple[PoolStats, ...]:
    """Of every database that has one."""
    found = (pool_stats(using) for using in connections)
    return tuple(stats for stats in found if stats is not None)


def no_pool() -> str:
    """Why there is none to be seen."""
    if any("pool" in connections[using].settings_dict["OPTIONS"] for using in connections):
        return "no process of this host has opened its pool"
    return "no database has one; see POOL_PRESET"


def _database() -> Reading:
    try:
        with probe(database_alias()) as asked:
            asked.rows("SELECT 1")
    except Unseen as error:
        return Reading(1, note=error.why)
    return Reading(0)


def _pool_in_use() -> Reading:
    found = pools()
    if not found:
        return Reading(None, note=no_pool())
    fullest = max(found, key=lambda stats: stats.usage)
    return Reading(fullest.usage, note=f"pool of {fullest.database!r}, {fullest.waiting} waiting")


def _pool_timeouts() -> Reading:
    if not pools():
        return Reading(None, note=no_pool())
    return Reading(checkout_statistics(WINDOW).total.errors)


def _slow_queries() -> Reading:
    found = query_statistics(WINDOW)
    return Reading(found.total.slow * 60 / max(found.seconds, SHORTEST))


def _query_errors() -> Reading:
    total = query_statistics(WINDOW).total
    return Reading(total.error_rate, total.count)


def _response_time() -> Reading:
    total = request_statistics(WINDOW).total
    return Reading(total.p95, total.count) if total.count else Reading(None, note="no requests were counted")


def _request_errors() -> Reading:
    total = request_statistics(WINDOW).total
    return (
        Reading(total.error_rate, total.count)
        if total.count
        else Reading(None, note="no requests were counted")
    )


def _hit_rate(cached: CacheUse) -> Reading:
    if cached.hit_rate is None:
        return Reading(None, note=_silence(cached) or "nothing was read through the cache")
    return Reading(cached.hit_rate, cached.reads)


def _cache_memory(cached: CacheUse) -> Reading:
    if cached.memory_share is None:
        return Reading(None, note=_silence(cached) or "the cache has no limit (maxmemory)")
    return Reading(cached.memory_share)


def _cache_errors(cached: CacheUse) -> Reading:
    if cached.is_configured and not cached.is_answering:
        return Reading(1, note="it does not answer now")
    return Reading(cached.errors) if cached.is_configured else Reading(None, note=_silence(cached))


def _silence(cached: CacheUse) -> str:
    if not cached.is_configured:
        return "there is no cache (CACHE_ALIAS is None)"
    return "" if cached.is_answering else "the cache does not answer"


def _disk() -> Reading:
    """The fullest of those that this host sees. PostgreSQL's own only where it runs here."""
    shares = dict(_disks())
    if not shares:
        return Reading(None, note="no disk of ours is on this host")
    fullest = max(shares, key=lambda name: shares[name])
    return Reading(shares[fullest], note=f"disk of the {fullest}")


def _disks() -> Iterator[tuple[str, float]]:
    for name, folder in _folders():
        try:
            usage = shutil.disk_usage(_existing(folder))
        except OSError:
            continue
        yield name, usage.used / (usage.used + usage.free)


def _folders() -> Iterator[tuple[str, Path]]:
    storage = Upload._meta.get_field("file").storage
    if location := getattr(storage, "base_location", ""):
        yield "uploads", Path(location)
    try:
        with probe(database_alias()) as asked:
            data = _data_folder(asked)
    except Unseen:
        return
    if data is not None:
        yield "database", data


def _data_folder(asked: Probe) -> Path | None:
    """Only if the server has our disk under its feet: through a socket, its folder readable by name."""
    [(address, folder)] = asked.rows("SELECT inet_server_addr()::text, current_setting('data_directory')")
    return Path(folder) if address is None and Path(folder).exists() else None


def _existing(folder: Path) -> Path:
    """Uploads may not have begun."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _backup_age() -> Reading:
    made_at = newest_verified_backup()
    if made_at is None:
        return Reading(None, note="no backups are configured")
    return Reading(time.time() - made_at.timestamp())
