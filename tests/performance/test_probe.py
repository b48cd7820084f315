import time

import psycopg
import pytest
from django.db import connection, connections, transaction

from aistore.performance.probe import Unseen, probe, reason, seen

from .broken import NOWHERE, no_database
from .conftest import pooled

pytestmark = pytest.mark.django_db(transaction=True)


def test_asks_on_a_connection_of_its_own():
    """So it needs none of the pool, and sees what others see."""
    with probe("default") as asked:
        [[other]] = asked.rows("SELECT pg_backend_pid()")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != other


def test_needs_no_room_in_the_pool(open_database):
    """A report is wanted most when nobody gets a connection."""
    with pooled(max_size=1, timeout=0.1) as alias:
        connections[alias].ensure_connection()  # the only one
        with probe(alias) as asked:
            assert asked.rows("SELECT 1") == [(1,)]


def test_no_question_takes_long():
    began = time.monotonic()
    with probe("default") as asked, pytest.raises(Unseen, match="longer than a second"):
        asked.rows("SELECT pg_sleep(60)")
    assert time.monotonic() - began < 30


def test_does_not_wait_behind_a_migration():
    """Sizes need a lock that ALTER TABLE does not share."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE aistore_upload IN ACCESS EXCLUSIVE MODE")
        with probe("default") as asked, pytest.raises(Unseen, match="a lock stood in the way"):
            asked.rows("SELECT pg_relation_size('aistore_upload'::regclass), count(*) FROM aistore_upload")


def test_writes_nothing():
    with probe("default") as asked, pytest.raises(Unseen):
        asked.rows("CREATE TABLE x ()")


def test_goes_on_after_a_question_that_failed():
    with probe("default") as asked:
        with pytest.raises(Unseen):
            asked.rows("SELECT * FROM nothing_of_this_name")
        assert asked.rows("SELECT 1") == [(1,)]


def test_a_reason_names_no_host(monkeypatch):
    """Nor a user or a value: PostgreSQL's own words have all three."""
    with no_database(monkeypatch), pytest.raises(Unseen) as caught, probe("default"):
        pass
    assert NOWHERE not in str(caught.value)
    assert "does not answer" in caught.value.why


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.InsufficientPrivilege("secret"), "GRANT pg_monitor"),
        (psycopg.errors.TooManyConnections("secret"), "max_connections"),
        (psycopg.errors.InvalidPassword("secret"), "refuses this user"),
        (psycopg.errors.DivisionByZero("secret"), "did not answer the question (22012)"),
    ],
)
def test_reasons(error, words):
    assert words in reason(error)
    assert "secret" not in reason(error)


def test_seen_notes_what_was_not():
    unseen = {}
    with probe("default") as asked:
        assert seen(lambda: asked.rows("SELECT 1"), unseen, "one") == [(1,)]
        assert seen(lambda: asked.rows("SELECT 1 / 0"), unseen, "none") is None
    assert list(unseen) == ["none"]
