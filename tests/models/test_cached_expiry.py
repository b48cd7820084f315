"""A cached search of memories: what has expired since is not among it, and what is found is used."""

import datetime as dt

import pytest
from django.utils import timezone

from aistore.cache import maintenance
from aistore.models import Memory, last_used
from tests.embedding.test_table import sql


@pytest.fixture(autouse=True)
def nothing_known():
    maintenance.forget_kept()
    last_used.noted.clear()


@pytest.fixture
def clock(monkeypatch):
    """Django's, which may be set forward."""
    real, ahead = timezone.now, [dt.timedelta(0)]
    monkeypatch.setattr(timezone, "now", lambda: real() + ahead[0])

    def forward(seconds):
        ahead[0] = dt.timedelta(seconds=seconds)

    return forward


def found(owner, limit=10):
    return [record.content for record in Memory.objects.cached.search(owner, "likes", limit=limit)]


def in_seconds(seconds):
    return timezone.now() + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("is_kept", [True, False])
def test_an_entry_does_not_outlive_what_is_in_it(committed, owner, clock, is_kept):
    """Neither in the cache nor in the process."""
    Memory.objects.remember(owner, "likes tea")
    Memory.objects.remember(owner, "likes rain", expires_at=in_seconds(60))
    assert sorted(found(owner)) == ["likes rain", "likes tea"]
    if not is_kept:
        maintenance.forget_kept()
    clock(61)
    assert found(owner) == ["likes tea"]


def test_another_one_takes_its_place(committed, owner, clock, django_assert_num_queries):
    """As many are returned as are asked for: the database is asked once more, and what it says is kept."""
    Memory.objects.remember(owner, "likes rain", importance=9, expires_at=in_seconds(60))
    Memory.objects.remember(owner, "likes tea", importance=1)
    assert found(owner, limit=1) == ["likes rain"]
    clock(61)
    sql("UPDATE aistore_memory SET expires_at = now() WHERE content = 'likes rain'")  # the database's clock
    assert found(owner, limit=1) == ["likes tea"]
    with django_assert_num_queries(0):
        assert found(owner, limit=1) == ["likes tea"]


def test_a_cached_search_is_a_use(committed, owner, django_assert_num_queries):
    """Also a hit; at most once a minute, and then it asks the database nothing."""
    memory = Memory.objects.remember(owner, "likes tea")
    found(owner)
    assert Memory.objects.get(pk=memory.pk).last_used_at is not None
    Memory.objects.filter(pk=memory.pk).update(last_used_at=None)
    found(owner)
    with django_assert_num_queries(0):
        found(owner)
    last_used.noted.clear()
    with django_assert_num_queries(1):
        (record,) = Memory.objects.cached.search(owner, "likes")
    assert record.last_used_at is None  # as it was read
    assert Memory.objects.get(pk=memory.pk).last_used_at is not None
