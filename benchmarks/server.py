"""Databases of a benchmark's own, on a PostgreSQL that waits for the disk as yours does.

With DATABASE_URL set they are made on that server; otherwise on an embedded one that ends with the process.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import django

from project.services import ephemeral, launch

# Memory for 1,000,000 messages, taken only when used, and no checkpoint in the middle of a round.
SERVER_SETTINGS = {"shared_buffers": "4GB", "max_wal_size": "16GB", "checkpoint_timeout": "30min"}


def set_up() -> None:
    """Django with the settings of the project; to be called before anything imports a model."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    if not os.environ.get("DATABASE_URL"):
        # in place of "fsync off", which is for tests
        launch.EPHEMERAL_SETTINGS.clear()
        launch.EPHEMERAL_SETTINGS.update(SERVER_SETTINGS)
        os.environ["AISTORE_SERVICES_DIR"] = str(ephemeral.create().folder)
    django.setup()


@contextmanager
def databases(*aliases: str) -> Iterator[None]:
    """Migrated, empty databases behind these aliases, one of them "default"; dropped afterwards."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    settings.DEBUG = False  # with it Django keeps the text of every query
    # A pool would go on connecting to a database that is dropped; who measures one makes it.
    connections.settings["default"]["OPTIONS"].pop("pool", None)
    server = dict(connections.settings["default"])
    names = {alias: f"aistore_benchmark_{uuid.uuid4().hex}" for alias in aliases}
    for alias, name in names.items():
        _on_server(f"CREATE DATABASE {name}")
        connections.settings.setdefault(alias, {**server})["NAME"] = name
        connections[alias].close()
    try:
        for alias in aliases:
            call_command("migrate", database=alias, verbosity=0)
        yield
    finally:
        for alias, name in names.items():
            connections[alias].close()
            _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(sql: str) -> None:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)
