"""Storms on a real pool: nobody is turned away who can be served, nobody hangs, and afterwards all is as before."""

import threading

import pytest
from django.core.signals import request_started
from django.db import OperationalError, connections
from django.test import RequestFactory
from psycopg_pool import PoolTimeout, TooManyRequests

from aistore.exceptions import PoolExhausted
from aistore.middleware import RequestCounters
from aistore.performance import pool_stats
from aistore.performance.watched_pool import watch_pools

from .conftest import pooled
from .crowd import PATIENCE, Holders, ask, at_once

pytestmark = pytest.mark.usefixtures("open_database")


def refusal_of(call, *arguments):
    with pytest.raises(PoolExhausted) as refused:
        call(*arguments)
    return refused.value


@pytest.mark.parametrize("size", [50, 10])
def test_a_hundred_threads(size):
    """On 50 connections as on 10, all 100 are served; then all connections are back."""
    with pooled(max_size=size) as alias:
        served = [future.result() for future in at_once(100, lambda number: ask(alias))]
        stats = pool_stats(alias)
        assert len(set(served)) <= size
        assert (stats.checkouts, stats.errors, stats.in_use, stats.waiting) == (100, 0, 0, 0)
        assert stats.idle == stats.size <= size


def test_exhausted():
    """Who gets no connection in time is told how large the pool is, and for how long and by whom it is held."""
    with pooled(max_size=2, timeout=0.2) as alias, Holders(alias, 2):
        error = refusal_of(ask, alias)
        assert (error.database, error.seconds, error.size, error.waiting) == (alias, 0.2, 2, 0)
        assert error.oldest >= 0.2
        assert "POOL_MAX_SIZE" in str(error)
        assert isinstance(error, OperationalError)


def test_all_works_again():
    """After a storm on an exhausted pool, the next callers are served, and the refusals are counted."""
    with pooled(max_size=2, timeout=0.2) as alias:
        with Holders(alias, 2):
            refused = [future.exception() for future in at_once(20, lambda number: ask(alias))]
            assert {type(error) for error in refused} == {PoolExhausted}
            assert pool_stats(alias).in_use == 2
        connections[alias].pool.timeout = PATIENCE
        assert all(future.result() for future in at_once(20, lambda number: ask(alias)))
        stats = pool_stats(alias)
        assert (stats.in_use, stats.waiting, stats.errors, stats.checkouts) == (0, 0, 20, 42)


def test_first_connections_of_a_process():
    """All who ask before there is a connection are watched, too: a deployment under load begins like that."""
    refusals = threading.Semaphore(0)

    def hold_until_the_others_are_refused(number):
        try:
            connections[alias].ensure_connection()
            return all(refusals.acquire(timeout=PATIENCE) for _ in range(4))
        except PoolExhausted:
            return refusals.release()
        finally:
            connections[alias].close()

    with pooled(max_size=1, timeout=2, min_size=0) as alias:
        outcomes = [future.result() for future in at_once(5, hold_until_the_others_are_refused)]
        assert sorted(map(str, outcomes)) == ["None"] * 4 + ["True"]


def test_queue_that_is_full():
    """max_waiting, where a host sets it, refuses at once, with the same error."""
    with pooled(max_size=1, timeout=0.5, max_waiting=1) as alias, Holders(alias, 1):
        refused = [future.exception() for future in at_once(2, lambda number: ask(alias))]
        assert {type(error) for error in refused} == {PoolExhausted}
        assert {type(error.__cause__) for error in refused} == {PoolTimeout, TooManyRequests}


def test_shorter_in_a_request():
    """While a request is answered the wait ends earlier: who asked would be gone."""
    with pooled(max_size=1, timeout=20) as alias, Holders(alias, 1):
        connections[alias].pool.web_timeout = 0.1
        error = refusal_of(RequestCounters(lambda request: ask(alias)), RequestFactory().get("/"))
        assert error.seconds == 0.1


def test_says_who_holds():
    """The route of the request that has held a connection for the longest time."""
    with pooled(max_size=1, timeout=0.1) as alias:
        RequestCounters(lambda request: connections[alias].ensure_connection())(RequestFactory().get("/"))
        [error] = [future.exception() for future in at_once(1, lambda number: ask(alias))]
        assert error.holder == "GET (no route)"


def test_no_server():
    """A server that does not answer is no exhausted pool: the error stays Django's."""
    with pooled(max_size=1, timeout=0.2) as alias:
        connections[alias].close_pool()
        connections[alias].settings_dict["PORT"] = "1"
        watch_pools()
        with pytest.raises(OperationalError) as error:
            ask(alias)
        assert not isinstance(error.value, PoolExhausted)


def test_persistent_connections():
    """Django's own complaint about CONN_MAX_AGE is not hidden and not doubled."""
    with pooled(max_size=1) as alias:
        connections[alias].settings_dict["CONN_MAX_AGE"] = 60
        request_started.send(sender=None)
        connections[alias].settings_dict["CONN_MAX_AGE"] = 0
