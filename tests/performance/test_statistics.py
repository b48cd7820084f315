"""What all processes did, whatever became of them, and what is known when the cache is gone."""

import datetime as dt
import subprocess
import sys
import zlib

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django_redis import get_redis_connection

from aistore.cache.link import link
from aistore.performance import query_statistics, query_timer, slow_queries, timer_statistics
from aistore.performance import store as stores
from aistore.performance.flushing import flusher
from aistore.performance.recorder import recorder
from aistore.performance.store import KEPT_SECONDS, key, store
from aistore.performance.sums import UNNAMED
from aistore.performance.windows import SECONDS, number_of

BEGINNING = """
import os, sys, django
django.setup()
from aistore.performance import query_timer
"""
RUN_A_TIMER = """
with query_timer("elsewhere", threshold=0.0):
    pass
"""
FORK = """
with query_timer("parent"):
    pass
child = os.fork()
with query_timer("child" if child == 0 else "parent"):
    pass
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
BACKGROUND = """
import time
from django.conf import settings
from aistore.performance.store import store
from aistore.performance.windows import number_of
settings.AISTORE["RECORDING_FLUSH_SECONDS"] = 0.1
with query_timer("background"):
    pass
now = number_of(time.time())
while not list(store.windows(now - 1, now + 1)):
    time.sleep(0.01)
os.kill(os.getpid(), 9)
"""
KILLED = """
from aistore.performance.flushing import flusher
with query_timer("killed"):
    pass
flusher.flush()
with query_timer("killed"):
    pass
os.kill(os.getpid(), 9)
"""


def in_a_process(program):
    """It has the cache of this test."""
    place = django_settings.CACHES["default"]["LOCATION"]
    environment = {"DJANGO_SETTINGS_MODULE": "project.settings", "CACHE_URL": place, "PATH": ""}
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", BEGINNING + program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def counts(**options):
    return {one.name: one.count for one in timer_statistics(**options).each}


def time_once(name):
    with query_timer(name):
        pass


@pytest.fixture(autouse=True)
def running_cache():
    get_redis_connection("default").ping()


@pytest.fixture
def clock(monkeypatch):
    """Another time for what is written from now on."""

    def set_to(at):
        monkeypatch.setattr(stores.time, "time", lambda: at)

    return set_to


def test_of_all_processes():
    """Of one that has ended, however short it lived, and of this one, which has not told anybody."""
    assert in_a_process(RUN_A_TIMER).stderr.count("slow block") == 1
    assert in_a_process(RUN_A_TIMER).returncode == 0
    time_once("here")
    found = timer_statistics()
    assert {one.name: (one.count, one.slow) for one in found.each} == {"elsewhere": (2, 2), "here": (1, 0)}
    assert (found.total.count, found.processes, found.is_shared) == (3, 3, True)


def test_after_a_fork():
    """The child counts what it does itself, and nothing of its parent's twice."""
    done = in_a_process(FORK)
    assert (done.returncode, done.stderr) == (0, "")
    assert counts() == {"parent": 2, "child": 1}
    assert timer_statistics().processes == 2


def test_killed():
    """What it had told stays; the seconds since then are lost with it."""
    assert in_a_process(KILLED).returncode == -9
    assert counts() == {"killed": 1}


def test_in_the_background():
    """Every few seconds, without anybody asking for it, so that a process that is killed has told nearly all."""
    assert in_a_process(BACKGROUND).returncode == -9
    assert counts() == {"background": 1}


def test_told_twice():
    """What is told again, or late, counts once."""
    time_once("here")
    packed = recorder.unsaved()
    assert all(store.save(recorder.process, packed) for _ in range(3))
    assert counts() == {"here": 1}


@override_settings(AISTORE={"CACHE_ALIAS": None})
def test_without_a_cache():
    """This process alone, as far as it remembers."""
    time_once("here")
    found = timer_statistics()
    assert (found.is_shared, found.processes, [one.name for one in found.each]) == (False, 1, ["here"])


def test_cache_that_is_gone(settings):
    """The same; and nothing is lost that is told when it is back."""
    caches = settings.CACHES
    settings.CACHES = {"default": caches["default"] | {"LOCATION": "unix:///nowhere.sock", "OPTIONS": {}}}
    time_once("here")
    assert not flusher.flush()
    assert (counts(), timer_statistics().is_shared) == ({"here": 1}, False)
    settings.CACHES = caches
    assert flusher.flush()
    recorder.forget()
    assert counts() == {"here": 1}


def test_cache_without_memory():
    """What finds no room is told again."""
    valkey = get_redis_connection("default")
    before = (
        valkey.config_get("maxmemory")["maxmemory"],
        valkey.config_get("maxmemory-policy")["maxmemory-policy"],
    )
    valkey.config_set("maxmemory-policy", "noeviction")
    valkey.config_set("maxmemory", "1")
    time_once("here")
    try:
        assert not flusher.flush()
    finally:
        valkey.config_set("maxmemory", before[0])
        valkey.config_set("maxmemory-policy", before[1])
    assert flusher.flush()
    recorder.forget()
    assert counts() == {"here": 1}


def test_emptied_cache():
    """The names come again with the figures."""
    time_once("here")
    flusher.flush()
    get_redis_connection("default").flushdb()
    time_once("here")
    assert counts() == {"here": 2}


def test_names_that_had_to_go():
    """Their figures are still counted."""
    time_once("here")
    flusher.flush()
    valkey = get_redis_connection("default")
    valkey.delete(*valkey.keys("*perf:n:*"))
    assert counts() == {UNNAMED: 1}


def test_another_version_of_aistore():
    """What cannot be read is left out: a deployment changes one process after the other."""
    valkey, number = get_redis_connection("default"), number_of(stores.time.time())
    valkey.hset(key(f"w:{number}"), mapping={"other": b"?", "another": zlib.compress(b"\x93\x01")})
    time_once("here")
    assert counts() == {"here": 1}


def test_since(clock):
    """Whole windows: those before the one in which the span begins are left out; the timeline has one for each."""
    now = number_of(stores.time.time()) * SECONDS + 10.0
    for minutes in (90, 31, 5, 0):
        clock(now - 60 * minutes)
        time_once(f"{minutes} minutes ago")
        assert flusher.flush()
    last_half_hour = timer_statistics(dt.timedelta(minutes=31))
    assert {one.name for one in last_half_hour.each} == {"31 minutes ago", "5 minutes ago", "0 minutes ago"}
    assert [moment.total.count for moment in last_half_hour.timeline] == [1, 1, 1]
    assert last_half_hour.seconds == pytest.approx(31 * 60, abs=1)
    assert last_half_hour.rate == pytest.approx(3 / (31 * 60), abs=1e-5)
    assert len(counts(since=dt.timedelta(hours=2))) == 4


def test_nothing_is_kept_for_ever():
    """Each key of the cache ends by itself, after a day and a little."""
    time_once("here")
    flusher.flush()
    valkey = get_redis_connection("default")
    keys = valkey.keys("*perf:*")
    assert len(keys) == 2
    assert all(0 < valkey.ttl(name) <= 2 * KEPT_SECONDS for name in keys)


def test_slow_ones_are_limited():
    """To as many as are asked for."""
    assert slow_queries(limit=5) == ()
    assert query_statistics().total.count == 0


def test_does_not_disturb_cached_reads():
    """What was measured comes too late: that is no reason to doubt the stamps of cached reads."""
    valkey, way = get_redis_connection("default"), link()
    valkey.execute_command("CLIENT", "PAUSE", 10_000, "WRITE")
    time_once("here")
    try:
        assert not flusher.flush(seconds=0.05)
    finally:
        valkey.execute_command("CLIENT", "UNPAUSE")
    assert way.is_trusted
    assert counts() == {"here": 1}
