"""Nothing measured before, and a pool to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections

from aistore.performance import flushing
from aistore.performance.recorder import recorder


@pytest.fixture(autouse=True)
def nothing_measured() -> None:
    recorder.forget()


@contextmanager
def pooled(alias: str = "pooled", **pool: Any) -> Iterator[str]:
    """The database of the tests once more, behind a pool of its own."""
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, **pool}}
    connections.settings[alias] = {**connection.settings_dict, "OPTIONS": options, "CONN_MAX_AGE": 0}
    try:
        yield alias
    finally:
        connections[alias].close()
        connections[alias].close_pool()
        del connections[alias], connections.settings[alias]
