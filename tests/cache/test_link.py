"""Who is asked, who is not asked at the moment, and who is believed. The servers that fail are in tests/faults."""

import os
import threading
from typing import Any

import pytest

from aistore.cache import link as links
from aistore.cache.link import SPARE, CacheDown, Link, link
from aistore.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def way(valkey: Any) -> Link:
    valkey.ping()
    return Link("default")


def nowhere(settings: Any) -> Link:
    """A cache that nobody serves."""
    settings.CACHES = settings.CACHES | {
        "nowhere": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere.sock", "OPTIONS": {}}
    }
    return Link("nowhere")


def test_calls_one_after_the_other_share_a_socket(way: Link) -> None:
    assert {way.call(("CLIENT", "ID"))[0] for _ in range(5)} == {way.call(("CLIENT", "ID"))[0]}


def test_calls_at_a_time_have_a_socket_each_and_keep_no_more_than_spare(way: Link) -> None:
    start, ids = threading.Barrier(8), set()

    def call() -> None:
        start.wait()
        ids.add(way.call(("BLPOP", "nothing", "0.05"), ("CLIENT", "ID"))[1])

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == len(way._spare) == 8 <= SPARE


def test_an_idle_socket_that_the_server_closed_is_no_failure(way: Link, valkey: Any) -> None:
    [number] = way.call(("CLIENT", "ID"))
    valkey.client_kill_filter(_id=number)
    for wire in way._spare:
        wire._used_at -= 10
    assert way.call(("CLIENT", "ID")) != [number]
    assert way.is_trusted


def test_what_is_down_is_not_asked_again_at_once(settings: Any, caplog: Any) -> None:
    way, opened = nowhere(settings), []
    way._open = lambda seconds, opening=way._open: opened.append(seconds) or opening(seconds)  # type: ignore
    for _ in range(50):
        with pytest.raises(CacheDown):
            way.call(("GET", "a"))
    assert len(opened) == 1
    assert not way.is_trusted
    assert [record.message.count("does not answer") for record in caplog.records] == [1]


def test_writers_that_go_on_do_not_keep_it_from_being_asked(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write that is not told makes stamps doubtful anew, but the pause is counted from the last try."""
    way, opened, now = nowhere(settings), [], 1000.0
    monkeypatch.setattr(links.time, "monotonic", lambda: now)
    way._open = lambda seconds, opening=way._open: opened.append(now) or opening(seconds)  # type: ignore
    for _ in range(100):
        with pytest.raises(CacheDown):
            way.call(("DEL", "a"))
        way.doubt()
        now += 0.1
    assert 9 <= len(opened) <= 10


def test_a_try_of_what_is_down_takes_a_part_of_the_time(settings: Any) -> None:
    way, asked = nowhere(settings), []
    way._open = lambda seconds, opening=way._open: asked.append(seconds) or opening(seconds)  # type: ignore
    for _ in range(2):
        with pytest.raises(CacheDown):
            way.call(("GET", "a"))
        way._tried_at -= links.PAUSE
    assert asked == [0.2, 0.05]


def test_another_server_is_not_trusted_for_a_lease(way: Link, caplog: Any) -> None:
    """As after a failover: it may hold a copy of yesterday."""
    way.call(("GET", "a"))
    way.forget_sockets()
    way._server = b"the one before"
    way.call(("GET", "a"))
    assert not way.is_trusted
    assert "another server" in caplog.text


def test_a_cache_of_another_kind_is_none(settings: Any, conversation: Conversation) -> None:
    """Django's own default is the memory of one process, which no other could be told of."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    links._links.pop("default", None)
    assert link() is None
    conversation.append("user", "two")
    assert len(Message.objects.cached.last(conversation.pk)) == 2


def test_a_fork_shares_no_socket_with_its_parent(valkey: Any) -> None:
    valkey.ping()
    way = link()
    assert way is not None
    [mine] = way.call(("CLIENT", "ID"))
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.write(writing, str(way.call(("CLIENT", "ID"))[0]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 100)) != mine
    assert way.call(("CLIENT", "ID")) == [mine]
