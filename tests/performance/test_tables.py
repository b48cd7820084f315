import datetime as dt

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection

from aistore.models import Conversation
from aistore.performance import tables
from aistore.performance.probe import probe
from aistore.performance.tables import Index, Table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked():
    with probe("default") as asked:
        yield asked


@pytest.fixture
def without():
    """An index that is dropped for the length of a test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('conversation_tags'::regclass)")
        [made] = cursor.fetchone()
        cursor.execute("DROP INDEX conversation_tags")
        yield
        cursor.execute(made)


def table(**values):
    common = {"name": "t", "bytes": 1, "index_bytes": 1, "rows": 0, "dead_rows": 0, "whole_reads": 0}
    return Table(**common | {"index_reads": 0, "vacuumed_at": None, "analyzed_at": None} | values)


def index(**values):
    common = {"table": "t", "name": "i", "bytes": 2**21, "reads": 0, "is_rule": False, "is_valid": True}
    return Index(**common | values)


def missing(asked):
    return tables.missing(asked, tables.indexes(asked), tables.tables(asked))


def test_all_our_tables(asked):
    """With their sizes; the largest first."""
    owner = get_user_model().objects.create(username="an")
    Conversation.objects.create(owner=owner).extend([{"role": "user", "content": "x" * 2000}] * 100)
    found = tables.tables(asked)
    assert {one.name for one in found} == {
        m._meta.db_table for m in apps.get_app_config("aistore").get_models()
    }
    assert found[0].name == "aistore_message"
    assert found[0].bytes > 8192


def test_facts_of_the_database(asked):
    found = tables.database(asked)
    assert 0 < found.connections <= found.max_connections
    assert found.bytes > 1_000_000
    assert not found.is_replica


def test_indexes(asked):
    """A primary key holds a rule; an index for lists does not."""
    found = {one.name: one for one in tables.indexes(asked)}
    assert found["aistore_message_pkey"].is_rule
    assert not found["conversation_newest"].is_rule
    assert found["conversation_newest"].is_valid


def test_nothing_is_missing(asked):
    """What the models say is there, and every foreign key has an index."""
    assert missing(asked) == ()


def test_an_index_that_was_dropped(asked, without):
    [found] = missing(asked)
    assert (found.table, found.name) == ("aistore_conversation", "conversation_tags")
    assert "run manage.py migrate" in found.why


def test_a_foreign_key_without_an_index(asked):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aistore_upload ADD twin uuid REFERENCES aistore_upload")
        try:
            [found] = missing(asked)
        finally:
            cursor.execute("ALTER TABLE aistore_upload DROP twin")
    assert found.why == "has a foreign key without an index: twin"


def test_an_index_whose_building_was_broken_off(asked):
    found = tables.missing(asked, (*tables.indexes(asked), index(is_valid=False)), ())
    assert [one.why for one in found] == ["is invalid: its building was broken off; REINDEX it"]


def test_read_whole():
    """Often, of many rows, and not just by the backup of each night."""
    assert table(rows=20_000, whole_reads=500, index_reads=1000).is_read_whole
    assert not table(rows=20_000, whole_reads=500, index_reads=1_000_000).is_read_whole
    assert not table(rows=200, whole_reads=500).is_read_whole


def test_dead_rows():
    """A fifth of the table, and enough of them to matter."""
    assert table(rows=50_000, dead_rows=20_000).has_many_dead
    assert not table(rows=500_000, dead_rows=20_000).has_many_dead
    assert not table(rows=100, dead_rows=90).has_many_dead


def test_unused():
    """Large, never read, and not there for a rule; of a table that is large enough to use it."""
    large = (table(rows=50_000),)
    assert tables.unused((index(),), large) == (index(),)
    for other in ({"reads": 1}, {"is_rule": True}, {"bytes": 8192}, {"table": "small"}):
        assert tables.unused((index(**other),), large) == ()


def test_dead_share_of_nothing():
    assert table().dead_share == 0
    assert table(vacuumed_at=dt.datetime.now(dt.UTC)).rows == 0
