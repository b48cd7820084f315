"""The report: what there is to see of the data layer, and what to do about it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from . import tables
from .alerting import Alerts, alerts
from .cache_use import CacheUse, cache_stats
from .figures import PoolStats, SlowQuery, Statistics
from .probe import Probe, Unseen, probe, seen
from .readings import database_alias, no_pool, pools
from .server_statements import ServerStatement, server_statements
from .statistics import (
    checkout_statistics,
    one_look,
    query_statistics,
    request_statistics,
    slow_queries,
    timer_statistics,
)
from .tables import Database, Index, MissingIndex, Table

HOUR = dt.timedelta(hours=1)
STATUS = {"fine": "HEALTHY", "warning": "DEGRADED", "alert": "UNHEALTHY"}


@dataclass(frozen=True)
class Advice:
    """What is not urgent: it does not change the status."""

    text: str
    remedy: str


@dataclass(frozen=True)
class Unseeable:
    part: str
    why: str


@dataclass(frozen=True)
class Report:
    """What could not be seen is None or empty, and stands in ``unseen`` with the reason."""

    status: str  # HEALTHY: nothing raised; DEGRADED: warnings; UNHEALTHY: an alert
    at: dt.datetime
    since: dt.timedelta
    alerts: Alerts
    advice: tuple[Advice, ...]
    unseen: tuple[Unseeable, ...]
    pools: tuple[PoolStats, ...]
    checkouts: Statistics
    queries: Statistics
    slow: tuple[SlowQuery, ...]
    requests: Statistics
    timers: Statistics
    cache: CacheUse
    database: Database | None
    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]
    unused: tuple[Index, ...]
    missing: tuple[MissingIndex, ...]
    server: tuple[ServerStatement, ...]  # of pg_stat_statements: every client of the database


@dataclass(frozen=True)
class Catalogue:
    """What PostgreSQL knows of itself."""

    database: Database | None = None
    tables: tuple[Table, ...] = ()
    indexes: tuple[Index, ...] = ()
    missing: tuple[MissingIndex, ...] = ()
    server: tuple[ServerStatement, ...] = ()


def report(since: dt.timedelta = HOUR) -> Report:
    """A part of a second for an hour, two for a day of eight busy processes, whatever the size of the database; some
    ten at most when servers hang. It raises for nothing that it looks at."""
    with one_look():
        return _report(since)


def _report(since: dt.timedelta) -> Report:
    unseen: dict[str, str] = {}
    found, catalogue = alerts(), _catalogue(unseen)
    queries, requests, cached, having = (
        query_statistics(since),
        request_statistics(since),
        cache_stats(since),
        pools(),
    )
    _note_silence(unseen, cached, queries, requests, having)
    unused = tables.unused(catalogue.indexes, catalogue.tables)
    return Report(
        status=STATUS[found.level],
        at=dt.datetime.now(dt.UTC),
        since=since,
        alerts=found,
        advice=tuple(_advice(catalogue, unused)),
        unseen=tuple(Unseeable(part, why) for part, why in unseen.items()),
        pools=having,
        checkouts=checkout_statistics(since),
        queries=queries,
        slow=slow_queries(since),
        requests=requests,
        timers=timer_statistics(since),
        cache=cached,
        database=catalogue.database,
        tables=catalogue.tables,
        indexes=catalogue.indexes,
        unused=unused,
        missing=catalogue.missing,
        server=catalogue.server,
    )


def _catalogue(unseen: dict[str, str]) -> Catalogue:
    try:
        with probe(database_alias()) as asked:
            return _asked(asked, unseen)
    except Unseen as error:
        unseen["the database"] = error.why
        return Catalogue()


def _asked(asked: Probe, unseen: dict[str, str]) -> Catalogue:
    there = seen(lambda: tables.tables(asked), unseen, "sizes of tables") or ()
    if not there and "sizes of tables" not in unseen:
        unseen["tables"] = "they are not there; run manage.py migrate"
    found = seen(lambda: tables.indexes(asked), unseen, "sizes of indexes") or ()
    return Catalogue(
        seen(lambda: tables.database(asked), unseen, "facts of the database"),
        there,
        found,
        seen(lambda: tables.missing(asked, found, there), unseen, "missing indexes") or (),
        seen(lambda: server_statements(asked), unseen, "statements of all clients") or (),
    )


def _note_silence(
    unseen: dict[str, str],
    cached: CacheUse,
    queries: Statistics,
    requests: Statistics,
    having: tuple[PoolStats, ...],
) -> None:
    if not having:
        unseen["connection pool"] = no_pool()
    if not cached.is_configured:
        unseen["cache"] = "there is none (CACHE_ALIAS is None)"
    elif not cached.is_answering:
        unseen["cache"] = "it does not answer"
    if not queries.is_shared:
        unseen["other processes"] = "without the cache, these are the figures of this process alone"
    if not requests.total.count:
        unseen["requests"] = "none were counted; is aistore.middleware.RequestCounters in MIDDLEWARE?"


def _advice(catalogue: Catalogue, unused: tuple[Index, ...]) -> Iterator[Advice]:
    for lacking in catalogue.missing:
        name = f"index {lacking.name}" if lacking.name else f"table {lacking.table}"
        yield Advice(f"{name} {lacking.why}", "An index that is missing costs every read of its rows.")
    for table in catalogue.tables:
        if table.has_many_dead:
            text = f"{table.name} has {table.dead_rows:,} dead rows ({table.dead_share:.0%})"
            remedy = (
                "VACUUM (ANALYZE) it, and look for what holds autovacuum back: transactions that stay open, "
            )
            yield Advice(text, f"{remedy}replication slots that nobody reads.")
    if unused and _has_counted_long(catalogue.database):
        listed = ", ".join(index.name for index in unused[:5])
        yield Advice(
            f"{len(unused)} large indexes were never read: {listed}",
            "Writes pay for them. Ask the replicas as well before you drop one that is not aistore's own.",
        )


def _has_counted_long(database: Database | None) -> bool:
    if database is None or database.is_replica:
        return False
    begin = database.counting_since
    return begin is None or dt.datetime.now(dt.UTC) - begin > tables.LONG_ENOUGH
