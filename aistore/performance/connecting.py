"""Whether the settings of a database fit the server behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from .pool import Options, options

# What a role that is no superuser may open. -1 is "no limit"; reserved_connections came with PostgreSQL 16.
GIVEN = """
SELECT least(
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
)"""
DEFAULT_SIZE = 4  # of psycopg's pool, where nothing is said


@dataclass(frozen=True)
class Demand:
    alias: str
    processes: int
    each: int  # connections of a process at most
    given: int  # connections that the server gives

    @property
    def wanted(self) -> int:
        return self.processes * self.each

    @property
    def is_too_high(self) -> bool:
        return self.wanted > self.given


def persistent_pools() -> Iterator[str]:
    """The databases with both, which Django refuses, but not before the first connection."""
    for alias, database in connections.settings.items():
        if database["OPTIONS"].get("pool") and database.get("CONN_MAX_AGE") != 0:
            yield alias


def demand(alias: str) -> Demand | None:
    """What all processes of a host may want; None: there is no pool. Asks the server."""
    pool = connections.settings[alias]["OPTIONS"].get("pool")
    if not pool:
        return None
    with connections[alias].cursor() as cursor:
        cursor.execute(GIVEN)
        given = cursor.fetchone()[0]
    processes = (pool if isinstance(pool, Options) else options()).processes
    return Demand(alias, processes, _largest({} if pool is True else dict(pool)), given)


def is_pooler_misused(alias: str) -> bool:
    """Whether a pooler stands between, and something is on that it cannot do in transaction mode. Asks the server."""
    database = connections.settings[alias]
    is_safe = database.get("DISABLE_SERVER_SIDE_CURSORS") and not _prepares(database["OPTIONS"])
    return not is_safe and has_pooler(alias)


def has_pooler(alias: str) -> bool:
    """A pooler tells the client a process id of its own making: cancel requests come to it first."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return bool(cursor.fetchone()[0] != connection.connection.info.backend_pid)


def _prepares(given: dict[str, Any]) -> bool:
    return given.get("prepare_threshold") is not None


def _largest(pool: dict[str, Any]) -> int:
    least = pool.get("min_size", DEFAULT_SIZE)
    return int(pool.get("max_size") or least)
