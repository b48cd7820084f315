"""Audit entries outlive a restore: those newer than the backup come along, and the restore itself is put on record."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from ..models import AuditEntry
from . import databases

RESTORE, KIND = "restore", "backup"
TABLE = AuditEntry._meta.db_table
COLUMNS = [str(field.column) for field in AuditEntry._meta.concrete_fields]
IN_FLIGHT = timedelta(hours=1)  # an entry may have been dated, but not committed, when the backup was made

_names = sql.Composed([sql.Identifier(name) for name in COLUMNS]).join(", ")
_table = sql.Identifier("public", TABLE)
_newer = sql.SQL("SELECT {} FROM {} WHERE at >= ").format(_names, _table)
KEEP = sql.SQL("CREATE TEMPORARY TABLE aistore_kept AS SELECT {} FROM {} WHERE false").format(_names, _table)
FILL = sql.SQL("COPY aistore_kept ({}) FROM STDIN").format(_names)
PUT = sql.SQL("INSERT INTO {} ({}) SELECT * FROM pg_temp.aistore_kept ON CONFLICT (id) DO NOTHING").format(
    _table, _names
)


def carry(using: str, source: str, target: str, *, since: datetime) -> int:
    """From one database to another, each once. How many came."""
    with databases.connect(using, source) as old, databases.connect(using, target) as new:
        if not has_table(old) or not has_table(new):
            return 0
        new.execute(KEEP)
        take = sql.SQL("COPY ({}) TO STDOUT").format(_newer + sql.Literal(since - IN_FLIGHT))
        with old.cursor().copy(take) as rows, new.cursor().copy(FILL) as kept:
            for data in rows:
                kept.write(data)
        return new.execute(PUT).rowcount


def count(using: str, database: str) -> int:
    with databases.connect(using, database) as connection:
        if not has_table(connection):
            return 0
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(_table)).fetchone()
    return int(row[0]) if row else 0


def kept(since: datetime) -> str:
    """SQL that puts those newer than this aside."""
    return (
        sql.SQL("CREATE TEMPORARY TABLE aistore_kept AS ") + _newer + sql.Literal(since) + sql.SQL(";")
    ).as_string()


def noted(name: str) -> str:
    """SQL that does what note_restore() does."""
    entry = AuditEntry(action=RESTORE, kind=KIND, object_id=name)
    values = [sql.Literal(getattr(entry, field.attname)) for field in AuditEntry._meta.concrete_fields]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({});")
    return statement.format(_table, _names, sql.SQL(", ").join(values)).as_string()


def note_restore(alias: str, name: str) -> None:
    AuditEntry.objects.using(alias).create(action=RESTORE, kind=KIND, object_id=name)


def has_table(connection: "psycopg.Connection[Any]") -> bool:
    row = connection.execute("SELECT to_regclass(%s)", [f"public.{TABLE}"]).fetchone()
    return bool(row and row[0])
