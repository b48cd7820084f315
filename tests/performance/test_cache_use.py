import datetime as dt

import msgspec
import pytest
from django.contrib.auth import get_user_model

from aistore.cache.counters import counters
from aistore.conf import overridden
from aistore.models import Conversation
from aistore.performance import cache_use
from aistore.performance.cache_use import KEPT_SECONDS, SECONDS, cache_stats
from aistore.performance.store import store

from .broken import no_cache

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_counted():
    counters.all("")


@pytest.fixture
def conversation():
    return Conversation.objects.create(owner=get_user_model().objects.create(username="an"))


@pytest.fixture
def clock(monkeypatch):
    """A time that goes on when it is told to; in whole windows."""
    now = [1_000_000 * SECONDS]
    monkeypatch.setattr(cache_use.time, "time", lambda: now[0])

    def pass_by(windows):
        now[0] += windows * SECONDS

    return pass_by


def read(conversation, times):
    for _ in range(times):
        Conversation.objects.cached.get(conversation.pk)


def test_by_query(conversation):
    """Each kind of read with what became of it."""
    read(conversation, 3)
    Conversation.objects.cached.newest(conversation.owner)
    found = {use.query: use for use in cache_stats().queries}
    assert (found["get"].kept + found["get"].hit, found["get"].miss) == (2, 1)
    assert found["newest"].reads == 1


def test_since(conversation, clock):
    """Only what was read in the asked time: the sums of its beginning were put aside."""
    read(conversation, 4)
    cache_stats()
    clock(20)
    read(conversation, 10)
    assert cache_stats(HOUR).reads == 10
    assert cache_stats(dt.timedelta(hours=3)).reads == 14


def test_a_look_takes_nothing_from_the_next(conversation):
    """The first report puts the sums aside, and the second one still sees what was read before."""
    read(conversation, 4)
    assert [cache_stats().reads, cache_stats().reads] == [4, 4]


def test_timeline(conversation, clock):
    """One point for each window in which somebody put the sums aside."""
    cache_stats()
    for count in (2, 6):
        read(conversation, count)
        clock(1)
        cache_stats()
    reads = [moment.reads for moment in cache_stats(HOUR).timeline]
    assert reads[:2] == [2, 6]


def test_emptied_in_between(conversation, clock):
    """Sums that have begun anew are not taken for negative ones."""
    read(conversation, 9)
    cache_stats()
    clock(20)
    store.exchange(("DEL", f"{cache_use.cache.maintenance.prefix()}stats"))
    read(conversation, 3)
    assert cache_stats(HOUR).reads == 3


def test_put_aside_once_in_a_window(conversation, clock):
    """By whoever comes first."""
    publish = cache_use.Publisher()
    publish(is_over=False)
    read(conversation, 2)
    publish(is_over=False)
    [kept] = store.exchange(("GET", cache_use._key(1_000_000)))
    assert msgspec.msgpack.decode(kept) == {}


def test_kept_for_a_day(conversation):
    cache_stats()
    [seconds] = store.exchange(("TTL", cache_use._key(cache_use.number_of(cache_use.time.time()))))
    assert KEPT_SECONDS <= seconds <= KEPT_SECONDS + SECONDS


def test_what_another_release_put_aside(conversation, clock):
    """Is no reason to fail."""
    store.exchange(("SET", cache_use._key(1_000_000 - 12), b"\xc1 not ours"))
    read(conversation, 1)
    assert cache_stats(HOUR).reads == 1


def test_cache_down(settings):
    no_cache(settings)
    found = cache_stats()
    assert (found.is_configured, found.is_answering, found.reads) == (True, False, 0)
    cache_use.put_aside({})


def test_no_cache_wanted():
    with overridden(CACHE_ALIAS=None):
        assert not cache_stats().is_configured


def test_memory(conversation):
    found = cache_stats()
    assert 0 < found.used_memory < found.max_memory
    assert 0 < found.memory_share < 1
