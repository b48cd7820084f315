"""One moment of the database: what pg_dump dumps, what is counted, and which files belong to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from ..models import Upload
from . import databases

TABLES = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend AS d  -- those of an extension come with it
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname"""

SIZE = """
SELECT coalesce(sum(pg_table_size(oid)), 0) FROM pg_class
WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"""

GRANTED = r"""
SELECT DISTINCT pg_get_userbyid(grantee) FROM (
    SELECT relacl AS acl FROM pg_class UNION ALL SELECT nspacl FROM pg_namespace UNION ALL
    SELECT proacl FROM pg_proc UNION ALL SELECT defaclacl FROM pg_default_acl
) AS given, aclexplode(acl)
WHERE grantee <> 0 AND pg_get_userbyid(grantee) NOT LIKE 'pg\_%' ORDER BY 1"""

BATCH = 1000  # rows in memory


@dataclass
class Counted(threading.Thread):
    """The rows of each table, counted while pg_dump runs."""

    connection: "psycopg.Connection[Any]"
    rows: dict[str, int] = field(default_factory=dict)
    error: psycopg.Error | None = None

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)
        self.start()

    def run(self) -> None:
        try:
            self.rows = rows_of(self.connection)
        except psycopg.Error as error:
            self.error = error

    def result(self) -> dict[str, int]:
        self.join()
        if self.error:
            raise self.error
        return self.rows

    __hash__ = threading.Thread.__hash__


@dataclass(frozen=True)
class Snapshot:
    connection: "psycopg.Connection[Any]"
    id: str
    at: datetime
    server_version: int

    @property
    def server_major(self) -> int:
        return self.server_version // 10000

    def size(self) -> int:
        """Bytes of the tables without their indexes: about what pg_dump will print."""
        return int(_one(self.connection, SIZE))

    def migrations(self) -> dict[str, list[str]]:
        return migrations_of(self.connection)

    def roles(self) -> list[str]:
        return [name for (name,) in self.connection.execute(GRANTED)]

    def files(self) -> Iterator[tuple[str, str]]:
        """The name and the SHA-256 of each file, by SHA-256."""
        statement = sql.SQL("SELECT DISTINCT sha256, file FROM {} WHERE file <> '' ORDER BY sha256, file")
        with self.connection.cursor("aistore_files") as cursor:
            cursor.itersize = BATCH
            cursor.execute(statement.format(sql.Identifier(Upload._meta.db_table)))
            for sha256, name in cursor:
                yield name, sha256


@contextmanager
def taken(using: str) -> Iterator[Snapshot]:
    """Vacuum waits for it, so it should not last longer than the dump."""
    with databases.connect(using) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [(id, at)] = connection.execute("SELECT pg_export_snapshot(), clock_timestamp()").fetchall()
        yield Snapshot(connection, id, at, connection.info.server_version)


def rows_of(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """How many, by "table", or "schema.table" outside of public."""
    tables = connection.execute(TABLES).fetchall()
    return {shown(schema, table): count_of(connection, schema, table) for schema, table in tables}


def count_of(connection: "psycopg.Connection[Any]", schema: str, table: str) -> int:
    return int(
        _one(connection, sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, table)))
    )


def shown(schema: str, table: str) -> str:
    return table if schema == "public" else f"{schema}.{table}"


def migrations_of(connection: "psycopg.Connection[Any]") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if _one(connection, "SELECT to_regclass('django_migrations')") is None:
        return found
    for app, name in connection.execute(
        "SELECT DISTINCT app, name FROM django_migrations ORDER BY app, name"
    ):
        found.setdefault(app, []).append(name)
    return found


def _one(connection: "psycopg.Connection[Any]", statement: Any) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None
