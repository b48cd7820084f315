"""The benchmark, run small."""

import json

import pytest

from aistore.conf import overridden
from aistore.exceptions import NoScratch
from aistore.models import Memory
from aistore.performance import bench
from aistore.performance.bench.plot import plot
from aistore.performance.bench.table import text
from aistore.performance.plain import plain
from aistore.performance.recorder import recorder

from ..broken import no_database

FOUR = ["get user", "get conversation", "get 50 messages", "list conversations"]
SEARCHES = hasattr(Memory.objects.all(), "search")


@pytest.fixture
def small(monkeypatch):
    size = bench.filling.Size(owners=2, conversations=3, memories=5)
    monkeypatch.setattr(bench, "QUICK", bench.Effort(calls=20, seconds=0.02, pool_seconds=0.2, size=size))
    return lambda **options: bench.run(quick=True, **options)


@pytest.fixture(scope="module")
def found(django_db_setup, django_db_blocker):
    """One run for all that only look at it."""
    size = bench.filling.Size(owners=2, conversations=3, memories=5)
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(bench, "QUICK", bench.Effort(calls=20, seconds=0.02, pool_seconds=0.2, size=size))
        return bench.run(quick=True)


def test_five_rows(found):
    """Each with three ways, by one caller and by 1, 16 and 100 threads; what cannot be measured says why."""
    assert {row.operation for row in found.rows} | {one.name for one in found.absent} == {
        *FOUR,
        "search memories",
    }
    for row in found.rows:
        assert list(row.ways) == ["uncached", "cached", "kept"]
        for way in row.ways.values():
            assert 0 < way.times.p50 <= way.times.p95 <= way.times.p99
            assert list(way.per_second) == [1, 16, 100]
            assert all(rate > 0 for rate in way.per_second.values())


def test_searches_where_memories_can_be_searched(found):
    assert ("search memories" in {row.operation for row in found.rows}) == SEARCHES


def test_the_pool(found):
    """With pauses and without, 100 users get their connection, one after the other."""
    assert [one.pause_seconds for one in found.pool] == [0.5, 0.0]
    for one in found.pool:
        assert (one.users, one.rejected) == (100, 0)
        assert 0 < one.in_use_most <= one.pool_size
        assert one.checkout.p50 <= one.checkout.p99
        assert one.requests > 0


def test_as_text(found):
    printed = text(found)
    for words in (*FOUR, "without cache", "kept in the process", "Reads a second", "Pool of", "rejected"):
        assert words in printed


def test_as_json(found):
    """Gain included; no name of a host, a user or a database."""
    figures = json.loads(json.dumps(plain(found)))
    assert figures["rows"][0]["gain"] > 0
    assert set(figures["machine"]) == {"python", "django", "postgresql", "processors"}


def test_as_a_picture(found):
    """A bar for each way of each read; nothing is fetched."""
    picture = plot(found)
    assert picture.count('height="12"') == 3 * len(found.rows)
    assert "href" not in picture
    assert "<script" not in picture


def test_reads_what_it_says(small, monkeypatch):
    """Uncached reads go to the database; fetched ones do not, and nothing is kept of them."""
    kinds = []
    monkeypatch.setattr(bench, "THREADS", (1,))
    small(on_progress=kinds.append)
    assert [kind for kind in dict.fromkeys(kinds) if kind in FOUR] == FOUR
    assert recorder.unsaved() == []


def test_without_a_cache(small):
    """It says so, and measures the database."""
    with overridden(CACHE_ALIAS=None):
        found = small()
    assert not found.has_cache
    assert "No cache answers here" in text(found)


def test_database_down(monkeypatch):
    """One clear error at once, and not after the time-out of a pool."""
    with no_database(monkeypatch), pytest.raises(NoScratch, match="PostgreSQL does not answer"):
        bench.run(quick=True)
