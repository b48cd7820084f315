"""What pg_stat_statements has counted: all clients of the database, by shape, without values."""

from dataclasses import dataclass

from psycopg import sql

from .probe import Probe, Unseen
from .shape import shape_of

MOST = 20  # shapes
HIDDEN = "<insufficient privilege>"
# Other statements may carry a password, and PostgreSQL does not take it out of each.
SHOWN = r"^\s*(?:/\*.*?\*/\s*)?(?:select|insert|update|delete|merge|with|copy|values)\M"

WHERE = """
SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'"""
TOP = """
SELECT query, calls, rows, total_exec_time / 1000, mean_exec_time / 1000, max_exec_time / 1000
FROM {}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (query ~* {} OR query = {})
ORDER BY total_exec_time DESC LIMIT {}"""


@dataclass(frozen=True)
class ServerStatement:
    """Seconds."""

    shape: str
    calls: int
    rows: int
    total: float
    mean: float
    max: float


def server_statements(probe: Probe) -> tuple[ServerStatement, ...]:
    """Those that took the most time first. Raises Unseen."""
    found = probe.rows(WHERE)
    if not found:
        raise Unseen(
            "pg_stat_statements is not installed; add it to shared_preload_libraries, restart PostgreSQL, "
            "and CREATE EXTENSION pg_stat_statements"
        )
    view = sql.Identifier(found[0][0])
    rows = probe.rows(sql.SQL(TOP).format(view, sql.Literal(SHOWN), sql.Literal(HIDDEN), sql.Literal(MOST)))
    if rows and all(row[0] == HIDDEN for row in rows):
        raise Unseen("this database user may not see it; GRANT pg_read_all_stats TO the user opens it")
    return tuple(ServerStatement(shape_of(query), *rest) for query, *rest in rows if query != HIDDEN)
