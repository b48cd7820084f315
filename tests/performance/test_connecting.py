"""Whether a pool fits the server, and what stands before the server: both are asked from it."""

from contextlib import contextmanager

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection, connections
from django.test import override_settings

from aistore.performance import connecting, pool
from tests.models.databases import alias

from .conftest import pooled
from .pooler import pooler_before

pytestmark = pytest.mark.usefixtures("open_database")


def warnings_of(name):
    found = run_checks(tags=[Tags.database], databases=[name])
    return [(one.id, one.msg, one.hint) for one in found if one.id.startswith("aistore")]


def server_gives():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        return cursor.fetchone()[0]


def test_fits():
    """Nothing to say, with a pool and without."""
    assert warnings_of("default") == []
    with pooled(max_size=5) as name:
        assert warnings_of(name) == []


def test_more_than_the_server_gives():
    """W005 says how many all processes together may want, and how many there are."""
    with pooled() as name:
        connections.settings[name]["OPTIONS"]["pool"] = pool.options("large", processes=4, max_size=1000)
        [(number, message, hint)] = warnings_of(name)
        assert number == "aistore.W005"
        assert "may want 4000 connections (4 processes with 1000 each)" in message
        assert "POOL_MAX_SIZE" in hint
        assert connecting.demand(name).given < server_gives()


@override_settings(AISTORE={"POOL_PROCESSES": 3})
def test_pool_in_djangos_own_words():
    """A dict or True, as Django's documentation has it; psycopg's own size is 4."""
    with pooled(max_size=7) as name:
        assert (connecting.demand(name).processes, connecting.demand(name).each) == (3, 7)
        connections.settings[name]["OPTIONS"]["pool"] = True
        assert connecting.demand(name).each == 4


def test_a_role_that_may_open_few():
    """What is given is the least of all limits."""
    with connection.cursor() as cursor, pooled(max_size=5) as name:
        cursor.execute("ALTER ROLE CURRENT_USER CONNECTION LIMIT 3")
        try:
            assert connecting.demand(name).given == 3
        finally:
            cursor.execute("ALTER ROLE CURRENT_USER CONNECTION LIMIT -1")


def test_persistent_connections():
    """E007: Django would refuse, but only at the first connection."""
    with pooled(max_size=5) as name:
        connections.settings[name]["CONN_MAX_AGE"] = 60
        try:
            [error] = run_checks(tags=["aistore"])
        finally:
            connections.settings[name]["CONN_MAX_AGE"] = 0
        assert (error.id, repr(name) in error.msg, "CONN_MAX_AGE to 0" in error.hint) == (
            "aistore.E007",
            True,
            True,
        )


@override_settings(AISTORE={"POOL_PRESET": "huge"})
def test_unknown_preset():
    """E006 names the presets that there are."""
    [error] = run_checks(tags=["aistore"])
    assert (error.id, "'huge'" in error.msg, "'small', 'medium', 'large'" in error.hint) == (
        "aistore.E006",
        True,
        True,
    )


@contextmanager
def behind_a_pooler(**changes):
    given = connection.settings_dict
    with (
        pooler_before(given["HOST"], given["PORT"]) as port,
        alias("pooled", HOST="127.0.0.1", PORT=str(port), **changes) as name,
    ):
        yield name


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, True),
        ({"DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": {"prepare_threshold": 5}}, True),
        ({"DISABLE_SERVER_SIDE_CURSORS": True}, False),
    ],
)
def test_pooler(changes, warned):
    """W006: somebody stands between who may give each transaction another connection; unless we are ready for it."""
    with behind_a_pooler(**changes) as name:
        found = warnings_of(name)
        assert [number for number, _, _ in found] == ["aistore.W006"] * warned
        assert all("DISABLE_SERVER_SIDE_CURSORS" in hint for _, _, hint in found)
