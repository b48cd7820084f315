"""The time of use: at most once a minute, and nobody waits for it."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from aistore.cache.reading import Unit
from aistore.models import Memory, last_used
from aistore.models.telling import memories_of
from tests.embedding.test_table import sql


@pytest.fixture(autouse=True)
def nothing_noted():
    last_used.noted.clear()


@pytest.fixture
def tea(owner):
    return Memory.objects.remember(owner, "likes tea")


def used_at(memory):
    return Memory.objects.values_list("last_used_at", flat=True).get(pk=memory.pk)


def used(memory, *, ago):
    """That many seconds ago."""
    Memory.objects.filter(pk=memory.pk).update(last_used_at=timezone.now() - dt.timedelta(seconds=ago))


def found(owner, words="tea"):
    return list(Memory.objects.owned_by(owner).search(words))


def test_what_is_found_is_used(committed, owner, tea):
    other = Memory.objects.remember(owner, "likes coffee")
    before = timezone.now()
    assert found(owner) == [tea]
    assert used_at(tea) >= before
    assert used_at(other) is None


def test_at_most_once_a_minute(committed, owner, tea, django_assert_num_queries):
    """By what the row says, where another process was faster; by what this process knows, where nothing is asked."""
    used(tea, ago=59)
    at = used_at(tea)
    with django_assert_num_queries(1):
        found(owner)
    assert used_at(tea) == at
    used(tea, ago=61)
    with django_assert_num_queries(2):
        found(owner)
    assert used_at(tea) > at
    with django_assert_num_queries(1):
        found(owner)


@pytest.mark.parametrize("way", ["owned_by", "filter", "values", "count", "of_everyone", "search"])
def test_only_what_a_search_of_an_owner_returns(committed, owner, tea, way):
    """Neither lists, nor counts, nor what somebody finds who looks through everybody's."""
    mine = Memory.objects.owned_by(owner)
    rows = {
        "owned_by": mine,
        "filter": Memory.objects.filter(owner=owner),
        "values": mine.search("tea").values("content"),
        "count": mine.search("tea").none(),
        "of_everyone": mine.of_everyone().search("tea"),
        "search": mine.search("tea"),
    }
    mine.search("tea").count()
    list(rows[way])
    assert (used_at(tea) is not None) == (way == "search")


def test_after_the_readers_transaction(db, owner, tea, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        found(owner)
        assert used_at(tea) is None
    assert used_at(tea) is not None


def test_a_reader_who_may_not_write(committed, owner, tea):
    """Gets his answer."""
    sql("SET default_transaction_read_only = on")
    try:
        assert found(owner) == [tea]
    finally:
        sql("SET default_transaction_read_only = off")
    assert used_at(tea) is None


def test_the_cache_is_told_nothing(committed, owner, tea, monkeypatch):
    """The time of use alone would outdate every search of the owner."""
    told = []
    monkeypatch.setattr("aistore.cache.announcing.forget_now", lambda *units: told.extend(units))
    found(owner)
    assert used_at(tea) is not None
    assert told == []
    Memory.objects.filter(pk=tea.pk).update(importance=9)
    assert told == [memories_of(owner.pk, "default")]
    assert isinstance(told[0], Unit)


def test_updated_at_stays(committed, owner, tea):
    found(owner)
    stored = Memory.objects.get(pk=tea.pk)
    assert stored.updated_at == tea.updated_at


def test_used_by_the_host(committed, owner, tea):
    """One statement, also at most once a minute."""
    rows = Memory.objects.filter(owner=owner)
    assert [rows.mark_used(), rows.mark_used()] == [1, 0]
    assert used_at(tea) is not None


def test_what_a_process_remembers_is_bounded(monkeypatch):
    monkeypatch.setattr(last_used, "NOTED", 3)
    noted, now = last_used.Noted(), timezone.now()
    assert list(noted.add("default", range(5), now)) == [0, 1, 2, 3, 4]
    assert list(noted.add("default", range(5), now)) == [0, 1, 2, 3, 4]
    assert list(noted.add("default", [3, 4, 9], now)) == [9]


def test_many_readers_at_once_write_little(monkeypatch):
    """What one leaves, a later one writes, with the time of its use; for each database."""
    monkeypatch.setattr(last_used, "WRITES", 2)
    monkeypatch.setattr(last_used.time, "monotonic", lambda: clock[0])
    clock, noted, now = [100.0], last_used.Noted(), timezone.now()
    then = now + dt.timedelta(seconds=1)
    assert [list(noted.add("default", [key], now)) for key in range(4)] == [[0], [1], [], []]
    clock[0] += 1
    assert noted.add("default", [4], then) == {2: now, 3: now, 4: then}
    assert noted.add("other", [4], then) == {4: then}


def test_a_session_waits_for_the_disk_again(committed, owner, tea):
    """The mark alone does not."""
    found(owner)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
