import dataclasses
import datetime as dt
import json

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection

from aistore import performance
from aistore.conf import overridden
from aistore.models import Conversation
from aistore.performance import alerting, reporting, tables
from aistore.performance.page import page
from aistore.performance.plain import plain
from aistore.performance.prometheus import prometheus_rules
from aistore.performance.readings import Reading
from aistore.performance.reporting import Catalogue, report
from aistore.performance.store import store
from aistore.performance.text import text

from .broken import NOWHERE, no_cache, no_database

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "marker-7f3a"


def unseen(found):
    return {one.part: one.why for one in found.unseen}


def test_public_name():
    assert performance.report is report


@pytest.mark.parametrize(
    ("readings", "status"),
    [
        ({}, "HEALTHY"),
        ({"pool_in_use": 0.9}, "DEGRADED"),
        ({"pool_in_use": 0.9, "slow_queries": 11.0}, "UNHEALTHY"),
    ],
)
def test_status(monkeypatch, readings, status):
    """That of the worst threshold passed."""
    values = {name: Reading(readings.get(name, None), note="x") for name in alerting_names()}
    monkeypatch.setattr(alerting, "readings", lambda: values)
    assert report().status == status


def alerting_names():
    return [rule.name for rule in alerting.RULES]


def test_counts_what_was_done():
    owner = get_user_model().objects.create(username="an")
    before = report().queries.total.count
    Conversation.objects.create(owner=owner)
    assert report().queries.total.count > before


def test_asks_little():
    """Its own questions are not among the host's statements, and are no more for a database with more rows."""
    report()
    found = report()
    assert not [one for one in found.queries.each if "pg_stat_all_tables" in one.name]


def test_since():
    found = report(dt.timedelta(minutes=15))
    assert found.since == dt.timedelta(minutes=15)
    assert found.at - found.queries.since < dt.timedelta(minutes=21)


def test_database_down(monkeypatch):
    """What the processes have counted is there, what only PostgreSQL knows is not, and the reason is said."""
    with no_database(monkeypatch):
        found = report()
    assert found.status == "UNHEALTHY"
    assert "does not answer" in unseen(found)["the database"]
    assert found.database is None
    assert found.queries.total.count >= 0
    assert "Status: UNHEALTHY" in text(found)


def test_cache_down(settings):
    """The figures of this process alone, and it says so."""
    no_cache(settings)
    found = report()
    assert unseen(found)["cache"] == "it does not answer"
    assert "this process alone" in unseen(found)["other processes"]
    assert found.tables


def test_both_down(monkeypatch, settings):
    no_cache(settings)
    with no_database(monkeypatch):
        assert report().status == "UNHEALTHY"


def test_a_user_without_rights(monkeypatch):
    """One who may do nothing but connect sees what PostgreSQL tells everybody; each other part says why not."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE limited LOGIN")
        cursor.execute("REVOKE SELECT ON pg_stat_all_tables FROM PUBLIC")
        try:
            with monkeypatch.context() as patch:
                patch.setitem(connection.settings_dict, "USER", "limited")
                found = report()
        finally:
            cursor.execute("GRANT SELECT ON pg_stat_all_tables TO PUBLIC")
            cursor.execute("DROP ROLE limited")
    assert "GRANT pg_monitor" in unseen(found)["sizes of tables"]
    assert found.indexes
    assert found.database is not None


def test_advice():
    """What is not urgent: said with a remedy, without a change of the status."""
    dead = tables.Table("aistore_message", 1, 1, 50_000, 20_000, 0, 0, None, None)
    lacking = tables.MissingIndex("aistore_upload", "", "has a foreign key without an index: twin")
    unused = (tables.Index("aistore_message", "message_old", 2**21, 0, False, True),)
    facts = tables.Database("18", 1, 1, 100, None, False)
    found = list(reporting._advice(Catalogue(facts, (dead,), unused, (lacking,)), unused))
    assert [one.text.split()[0] for one in found] == ["table", "aistore_message", "1"]
    assert all(one.remedy for one in found)


def test_unused_needs_time_and_the_primary():
    """Right after the statistics were reset every index is unused; on a replica those of the writers are."""
    facts = tables.Database("18", 1, 1, 100, None, False)
    recently = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    assert reporting._has_counted_long(facts)
    assert not reporting._has_counted_long(dataclasses.replace(facts, counting_since=recently))
    assert not reporting._has_counted_long(dataclasses.replace(facts, is_replica=True))


def test_as_json():
    """Everything in it, properties too."""
    found = json.loads(json.dumps(plain(report())))
    assert found["status"] == "HEALTHY"
    assert {"pools", "queries", "cache", "tables", "alerts", "unseen"} <= set(found)
    assert "hit_rate" in found["cache"]
    assert "error_rate" in found["queries"]["total"]


@pytest.fixture
def careless(monkeypatch):
    """Everything that a host may have said where it should not be seen."""
    with overridden(SLOW_QUERY_SECONDS=0.0), connection.cursor() as cursor:
        user = get_user_model().objects.create_user(SECRET, password=SECRET)
        Conversation.objects.create(owner=user, title=SECRET).append("user", SECRET)
        Conversation.objects.cached.newest(user)
        cursor.execute(f"SELECT '{SECRET}', $${SECRET}$$, %s /* {SECRET} */ -- {SECRET}", [SECRET])
        for failing in (f"SELECT '{SECRET}'::int", f"INSERT INTO auth_user (username) VALUES ('{SECRET}')"):
            with pytest.raises(DatabaseError):
                cursor.execute(failing)
        for name in ("PASSWORD", "USER", "HOST"):
            monkeypatch.setitem(connection.settings_dict, name, f"{NOWHERE}/{SECRET}")


def test_no_value_password_or_host(careless):
    """A marker stands in values, literals, comments, errors, password, user and host, and in nothing that is shown."""
    found = report(dt.timedelta(days=1))
    shown = [text(found), page(found), json.dumps(plain(found)), prometheus_rules(), repr(found)]
    assert found.slow
    assert any("aistore_conversation" in one.name for one in found.queries.each)
    for one in shown:
        assert SECRET not in one
        assert NOWHERE not in one


def test_reads_what_was_recorded_once(monkeypatch):
    """And not once for each of its parts: a day of many processes takes seconds to add up."""
    asked = []
    windows = store.windows

    def counting(first, last):
        asked.append(last - first)
        return windows(first, last)

    monkeypatch.setattr(store, "windows", counting)
    report(dt.timedelta(hours=1))
    assert sorted(asked) == [1, 12]


def test_before_the_first_migration(monkeypatch):
    """It says what is missing, and shows the rest."""
    monkeypatch.setattr(tables, "names", lambda: ["no_such_table"])
    found = report()
    assert unseen(found)["tables"] == "they are not there; run manage.py migrate"
    assert found.database is not None
