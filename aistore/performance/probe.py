"""A connection to ask PostgreSQL about itself: never the pool's, never for long.

A report is wanted most when the pool is empty or the server hangs. So it asks on a connection of its own that waits
two seconds for the server, each question has a second, and waits half of one for a lock. Nothing of a caller's
transaction is touched, and nothing that is asked here is counted among the host's statements.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db import connections
from django.db.utils import Error as DjangoError
from psycopg import sql

CONNECT_SECONDS = 2  # the least that libpq takes
LIMITS = """
SELECT set_config('statement_timeout', '1000', true), set_config('lock_timeout', '500', true),
       set_config('default_transaction_read_only', 'on', true)"""

T = TypeVar("T")

# By the SQLSTATE or its class. Never the server's own words: they name hosts, users and values.
REASONS = {
    "42501": "this database user may not see it; GRANT pg_monitor TO the user opens it",
    "57014": "it took longer than a second",
    "55P03": "a lock stood in the way, as of a migration that runs",
    "53300": "PostgreSQL has no connection left (max_connections)",
    "28": "PostgreSQL refuses this user or password",
    "3D": "the database is not there",
    "42P01": "its table is not there; run manage.py migrate",
    "55": "PostgreSQL is not set up for it",
    "57": "PostgreSQL is stopping or starting",
    "08": "PostgreSQL does not answer",
}


class Unseen(Exception):
    """What could not be asked, with the reason in words that may be shown."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Probe:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def rows(self, statement: str | sql.Composed, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """In a transaction of its own. Raises Unseen."""
        try:
            with self._connection.transaction(), psycopg.Cursor(self._connection) as cursor:
                cursor.execute(LIMITS)
                return cursor.execute(statement, parameters or None).fetchall()
        except psycopg.Error as error:
            raise Unseen(reason(error)) from None


@contextmanager
def probe(using: str) -> Iterator[Probe]:
    """Raises Unseen where the server does not let us in."""
    try:
        connection = _connected(using)
    except (psycopg.Error, DjangoError) as error:
        raise Unseen(reason(error, "PostgreSQL does not answer, or refuses this user")) from None
    try:
        yield Probe(connection)
    finally:
        connection.close()


def _connected(using: str) -> psycopg.Connection[Any]:
    """As the host's backend makes one, without his pool."""
    own = connections[using]
    options = {name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"}
    backend: Any = type(own)({**own.settings_dict, "OPTIONS": options}, using)
    parameters = {**backend.get_connection_params(), "connect_timeout": CONNECT_SECONDS}
    connection: psycopg.Connection[Any] = backend.get_new_connection(parameters)
    connection.autocommit = True
    return connection


def reason(error: BaseException, otherwise: str = "PostgreSQL did not answer the question") -> str:
    """In one line without host, user or value."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = getattr(cause, "sqlstate", None) or ""
    return REASONS.get(state) or REASONS.get(state[:2]) or (f"{otherwise} ({state})" if state else otherwise)


def seen(look: Callable[[], T], unseen: dict[str, str], part: str) -> T | None:
    """What there is to see, or None and a line in ``unseen``."""
    try:
        return look()
    except Unseen as error:
        unseen[part] = error.why
        return None
