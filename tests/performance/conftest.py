"""Nothing measured before, and a pool to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections

from aistore.performance.recorder import recorder
from aistore.performance.watched_pool import watch_pools


@pytest.fixture(autouse=True)
def nothing_measured() -> None:
    recorder.forget()


@pytest.fixture
def open_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Any alias and any thread, and no transaction around it."""
    with django_db_blocker.unblock():
        yield


@contextmanager
def pooled(alias: str = "pooled", **pool: Any) -> Iterator[str]:
    """The database of the tests once more, behind a pool of its own."""
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, **pool}}
    connections.settings[alias] = {**connection.settings_dict, "OPTIONS": options, "CONN_MAX_AGE": 0}
    watch_pools()  # as the first request does
    try:
        yield alias
    finally:
        connections[alias].close()
        connections[alias].close_pool()
        del connections[alias], connections.settings[alias]
