import datetime as dt
import shutil

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from aistore.conf import overridden
from aistore.models import Conversation
from aistore.performance import readings as module
from aistore.performance.readings import readings

from .broken import no_cache, no_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation():
    return Conversation.objects.create(owner=get_user_model().objects.create(username="an"))


def test_of_a_system_at_rest():
    """What is there has a number, what is not says why."""
    found = readings()
    assert found["database_down"].value == 0
    assert found["cache_errors"].value == 0
    assert 0 < found["disk"].value < 1
    assert found["backup_age"].note == "no backups are configured"


def test_database_down(monkeypatch):
    """It is said, without the name of the host, and the others are read."""
    with no_database(monkeypatch):
        found = readings()
    assert found["database_down"].value == 1
    assert "PostgreSQL does not answer" in found["database_down"].note
    assert found["cache_errors"].value == 0


def test_cache_down(settings):
    no_cache(settings)
    found = readings()
    assert (found["cache_errors"].value, found["cache_errors"].note) == (1, "it does not answer now")
    assert found["cache_hit_rate"].note == "the cache does not answer"
    assert found["database_down"].value == 0


def test_no_cache_wanted():
    with overridden(CACHE_ALIAS=None):
        assert readings()["cache_errors"].note == "there is no cache (CACHE_ALIAS is None)"


def test_hit_rate(conversation):
    """Of the reads of all kinds."""
    for _ in range(4):
        Conversation.objects.cached.get(conversation.pk)
    found = readings()["cache_hit_rate"]
    assert (found.value, found.events) == (0.75, 4)


def test_no_pool(monkeypatch):
    """None in the settings, or none that somebody has opened."""
    assert readings()["pool_in_use"].note == "no database has one; see POOL_PRESET"
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"pool": True})
    assert module.no_pool() == "no process of this host has opened its pool"


def test_slow_queries_a_minute(conversation):
    """At least a minute is divided by, so that the first second does not count for sixty."""
    with overridden(SLOW_QUERY_SECONDS=0.0):
        Conversation.objects.get()
        Conversation.objects.get()
    assert readings()["slow_queries"].value <= 2 * 60 / 60


def test_the_fullest_disk(monkeypatch):
    """Its name is said, not its path."""
    usage = type("usage", (), {"used": 96, "free": 4})
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    found = readings()["disk"]
    assert found.value == 0.96
    assert found.note in ("disk of the uploads", "disk of the database")


def test_backup(monkeypatch):
    """The seam: one function says when the newest verified one was made."""
    made_at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=27)
    monkeypatch.setattr(module, "newest_verified_backup", lambda: made_at)
    assert readings()["backup_age"].value == pytest.approx(27 * 3600, abs=60)
