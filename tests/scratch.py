"""Databases of a test's own, on the server that the tests use."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections


@contextmanager
def scratch_database(alias: str = "scratch") -> Iterator[str]:
    """An empty database under this alias of ``connections``; dropped afterwards."""
    name = f"aistore_scratch_{uuid.uuid4().hex}"
    on_server(f"CREATE DATABASE {name}")
    connections.settings[alias] = {**connection.settings_dict, "NAME": name}
    try:
        yield alias
    finally:
        connections[alias].close()
        connections[alias].close_pool()
        del connections[alias], connections.settings[alias]
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


def on_server(sql: str) -> None:
    """In the database "postgres", because no database can be made or dropped from inside itself."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)
