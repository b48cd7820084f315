"""How full the pool is, all processes of a host together."""

import msgspec
import pytest
from django.test import override_settings
from django_redis import get_redis_connection

from aistore.performance import checkout_statistics, occupancy, pool_stats
from aistore.performance.occupancy import publish
from aistore.performance.recorder import recorder

from .conftest import pooled
from .crowd import Holders, ask, at_once

pytestmark = pytest.mark.usefixtures("open_database")


@pytest.fixture
def valkey():
    return get_redis_connection("default")


@pytest.fixture
def said_by_another_process(valkey, monkeypatch):
    """The same once more, as if another process had said it."""

    def say():
        with monkeypatch.context() as patch:
            patch.setattr(recorder, "process", "another")
            publish(is_over=False)

    return say


def test_no_pool():
    """A database without a pool has no figures."""
    ask("default")
    assert pool_stats() is None


def test_of_this_process():
    """What is in use, what waits for use, and how long callers waited."""
    with pooled(min_size=3, max_size=5) as alias, Holders(alias, 2):
        stats = pool_stats(alias)
        assert (stats.database, stats.processes, stats.min_size, stats.max_size) == (alias, 1, 3, 5)
        assert (stats.in_use, stats.waiting, stats.checkouts, stats.errors) == (2, 0, 2, 0)
        assert stats.size == stats.in_use + stats.idle
        assert stats.usage == 2 / 5
        assert stats.oldest > 0
        assert 0 <= stats.wait_mean <= stats.wait_max


def test_who_waits():
    """Callers that have no connection yet are counted, until they have."""
    with pooled(max_size=1) as alias:
        with Holders(alias, 1) as holders:
            waiting = Holders(alias, 3)
            for thread in waiting._threads:
                thread.start()
            while pool_stats(alias).waiting < 3:
                assert pool_stats(alias).in_use == 1
            holders.__exit__()
            waiting.__exit__()
        assert (pool_stats(alias).waiting, pool_stats(alias).in_use, pool_stats(alias).queued > 0) == (
            0,
            0,
            True,
        )


def test_of_all_processes(said_by_another_process):
    """Sums over the processes of this host, each of which has said so."""
    with pooled(max_size=5) as alias, Holders(alias, 2):
        said_by_another_process()
        stats = pool_stats(alias)
        assert (stats.processes, stats.is_shared, stats.max_size, stats.in_use) == (2, True, 10, 4)


def test_a_process_that_is_gone(said_by_another_process, valkey, monkeypatch):
    """One that says nothing for a while is left out, and its words are thrown away later."""
    with pooled(max_size=5) as alias:
        ask(alias)
        now = occupancy.time.time()
        for seconds_ago, are_there in ((60, 1), (600, 0)):
            monkeypatch.setattr(occupancy.time, "time", lambda at=now - seconds_ago: at)
            said_by_another_process()
            monkeypatch.undo()
            assert pool_stats(alias).processes == 1
            assert sum(valkey.hlen(name) for name in valkey.keys("*perf:p:*")) == are_there


def test_a_process_that_ends(said_by_another_process, valkey):
    """It takes back what it has said."""
    with pooled(max_size=5) as alias:
        ask(alias)
        publish(is_over=False)
        assert valkey.keys("*perf:p:*")
        publish(is_over=True)
        assert not valkey.keys("*perf:p:*")


def test_another_version_of_aistore(valkey, said_by_another_process):
    """What cannot be read is left out."""
    with pooled(max_size=5) as alias:
        ask(alias)
        said_by_another_process()
        [name] = valkey.keys("*perf:p:*")
        valkey.hset(name, "another", msgspec.msgpack.encode(["?"]))
        assert pool_stats(alias).processes == 1


@override_settings(AISTORE={"CACHE_ALIAS": None})
def test_without_a_cache():
    """This process alone."""
    with pooled(max_size=5) as alias:
        ask(alias)
        publish(is_over=False)
        assert (pool_stats(alias).is_shared, pool_stats(alias).processes) == (False, 1)


def test_waits_over_time():
    """The waits are recorded like statements are: for each database, with those who got nothing."""
    with pooled(max_size=1, timeout=0.1) as alias:
        ask(alias)
        with Holders(alias, 1):
            [refused] = at_once(1, lambda number: ask(alias))
        [found] = checkout_statistics().each
        assert refused.exception()
        assert (found.name, found.count, found.errors) == (alias, 3, 1)
