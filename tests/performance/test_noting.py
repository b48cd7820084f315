"""What Django's cursor runs is counted by shape, and nothing that is wrong with the counting reaches who is counted."""

import logging

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory, override_settings

from aistore.middleware import RequestCounters
from aistore.performance import noting, query_statistics, slow_queries
from aistore.performance.noting import watch_statement, watch_statements
from aistore.performance.recorder import recorder

SECRET = "marker-7f3a"
pytestmark = pytest.mark.django_db
all_is_slow = override_settings(AISTORE={"SLOW_QUERY_SECONDS": 0.0})


@pytest.fixture(autouse=True)
def said_nothing_yet(monkeypatch):
    monkeypatch.setattr(noting, "_said", [])


def figures(beginning):
    return next((one for one in query_statistics().each if one.name.startswith(beginning)), None)


def run(sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def test_counts_by_shape():
    """Statements that differ in their values are one line, with rows and times."""
    for number in range(3):
        run("SELECT 'counted', generate_series(1, %s)", [number + 1])
    found = figures("SELECT ?, generate_series")
    assert (found.count, found.rows, found.errors, found.slow) == (3, 6, 0, 0)
    assert 0 < found.p50 <= found.p99 <= found.max <= found.total


def test_counts_errors():
    """A statement that fails is counted and fails as before."""
    with pytest.raises(DatabaseError), transaction.atomic():
        run("SELECT 1 / (0 * %s)", [7])
    found = figures("SELECT ? / (? * ?)")
    assert (found.count, found.errors, found.error_rate) == (1, 1, 1.0)


def test_many_at_once():
    """executemany is one statement, with all its rows."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE counted (number int)")
        cursor.executemany("INSERT INTO counted VALUES (%s)", [[1], [2], [3]])
    assert (figures("INSERT INTO counted").count, figures("INSERT INTO counted").rows) == (1, 3)


def test_read_in_pieces():
    """A cursor of the server does not say how many rows it has; its statement is counted all the same."""
    get_user_model().objects.create_user("someone")
    assert len(list(get_user_model().objects.filter(username="someone").only("pk").iterator())) == 1
    assert figures('SELECT "auth_user"."id" FROM').count == 1


@all_is_slow
def test_slow_ones_are_kept():
    """With the time, the shape, the line that asked, and the request it was asked for; newest first."""
    answering = RequestCounters(lambda request: run("SELECT %s, 'slow'", [SECRET]))
    with pytest.raises(AttributeError):  # what it returns is no response
        answering(RequestFactory().get(f"/{SECRET}"))
    run("SELECT 2, 3, 4, 5")
    newest, older = slow_queries()[:2]
    assert (newest.shape, older.shape) == ("SELECT ?, …", "SELECT ?, …")
    assert newest.caller.startswith("tests/performance/test_noting.py:")
    assert (newest.database, older.origin) == ("default", "GET (no route)")
    assert newest.at >= older.at
    assert figures("SELECT ?, …").slow == 2


@all_is_slow
def test_slow_ones_are_logged(caplog):
    """In words for people, and in attributes for machines; without the values."""
    run("SELECT %s", [SECRET])
    [record] = [record for record in caplog.records if record.name == "aistore.slow"]
    assert (record.levelno, record.shape, record.database) == (logging.WARNING, "SELECT ?", "default")
    assert record.caller in record.getMessage()
    assert record.seconds > 0
    assert SECRET not in str(vars(record))


@all_is_slow
def test_no_value_anywhere(caplog):
    """Looked for in everything that is kept, shown and logged, of statements that work and of those that fail."""
    caplog.set_level(logging.DEBUG)
    run("SELECT %s, %s", [SECRET, SECRET.encode()])
    run(f"SELECT '{SECRET}' /* {SECRET} */")
    with pytest.raises(DatabaseError), transaction.atomic():
        run("SELECT %s::int", [SECRET])
    get_user_model().objects.filter(username=SECRET).first()
    kept = [query_statistics(), slow_queries(), recorder.contents(0), recorder.unsaved()]
    logged = [vars(record) for record in caplog.records if record.name.startswith("aistore")]
    assert SECRET not in repr(kept) + repr(logged)
    assert logged


def broken(*args, **kwargs):
    raise OSError(SECRET)


def test_a_broken_recorder_fails_no_statement(monkeypatch, caplog):
    """It is said once where it broke, and not what with."""
    monkeypatch.setattr(recorder, "add", broken)
    assert run("SELECT 1") == run("SELECT 1") == [(1,)]
    with pytest.raises(DatabaseError), transaction.atomic():
        run("SELECT %s::int", [SECRET])
    [record] = [record for record in caplog.records if record.name == "aistore.performance"]
    assert "OSError in broken" in record.getMessage()
    assert SECRET not in str(vars(record))


@all_is_slow
def test_a_log_that_fails_fails_no_statement():
    """The disk is full, or the log is sent to a server that is down."""
    handler = logging.Handler()
    handler.emit = broken
    logging.getLogger("aistore.slow").addHandler(handler)
    try:
        assert run("SELECT 1") == [(1,)]
    finally:
        logging.getLogger("aistore.slow").removeHandler(handler)


@override_settings(AISTORE={"RECORDING": False})
def test_switched_off():
    """Nothing is counted."""
    run("SELECT 1, 2, 3")
    assert recorder.contents(0) == {}


def test_stays_when_a_wrapper_of_the_host_goes():
    """Django takes the last wrapper away at the end of execute_wrapper(); ours is the first."""
    with connection.execute_wrapper(lambda execute, *rest: execute(*rest)):
        watch_statements(None, connection)
        connection.execute_wrappers.remove(watch_statement)
        watch_statements(None, connection)
    assert connection.execute_wrappers.count(watch_statement) == 1
