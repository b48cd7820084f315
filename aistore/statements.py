"""Fixed SQL on the cursor: planned once for each connection, seen by everything that watches Django's queries.

Planning the append costs as much as running it (280 of 600 µs measured), and Django's cursor, which binds in the
client, cannot keep a plan. Prepared statements do not survive a pooler in transaction mode; a host that has one
must set ``DISABLE_SERVER_SIDE_CURSORS`` anyway, and that switches them off here too.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from django.db import connections
from psycopg.pq import Format


def fetch_one(using: str, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row, or None. Placeholders that PostgreSQL cannot type by itself need a cast in the SQL."""
    with _cursor(using) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def fetch_all(using: str, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows, in PostgreSQL's binary format: Django's own loader of times, for text, takes as long for 50 rows of
    them as the server for the rows. JSON needs a cast to text in the SQL; times are aware, whatever USE_TZ says."""
    with _cursor(using, Format.BINARY) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _cursor(using: str, format: Format = Format.TEXT) -> Any:
    connection = connections[using]
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return connection.cursor()
    connection.ensure_connection()
    cursor = PreparingCursor(connection.connection)
    cursor.format = format
    # What Django's own connection.cursor() does with its raw cursor: checks the thread, counts and times.
    return connection._prepare_cursor(cursor)  # type: ignore[attr-defined]


class PreparingCursor(psycopg.Cursor[Any]):
    """Binds in the server and keeps the plan. Django switches preparing off for its connections; here it is
    on for the length of one statement, so that the host's own statements go on as he chose."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "PreparingCursor":
        before, self.connection.prepare_threshold = self.connection.prepare_threshold, 0
        try:
            return super().execute(query, params, **options)
        finally:
            self.connection.prepare_threshold = before
            # what Django's log of queries reads; psycopg forgets it of a statement that was prepared
            self._query: Any = Logged(query.encode())


class Logged(NamedTuple):
    query: bytes
