"""Whatever happens to the cache: reads and writes go on, nothing of it reaches the host, and nothing old is read."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import caches

from aistore import cache
from aistore.cache import link as links
from aistore.cache import maintenance
from aistore.cache.link import Link
from aistore.cache.wire import Wire
from aistore.models import Conversation, Message

from ..stories.cache.conftest import another_process, elsewhere
from .valkey import RESTORED, Valkey, silent_server, use

LEASE = 0.6  # seconds


@pytest.fixture
def valkey(tmp_path: Any, settings: Any) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    server.start()
    use(server.socket, settings)
    settings.AISTORE = {"CACHE_LEASE": LEASE, "CACHE_TIMEOUT": 0.1}
    yield server
    server.kill()


@pytest.fixture
def row(transactional_db: None, valkey: Valkey) -> Iterator[Conversation]:
    conversation = Conversation.objects.create(owner=get_user_model().objects.create(username="an"))
    conversation.append("user", "1")
    assert read(conversation) == ["1"]
    yield conversation
    links._links.clear()
    caches["default"].client.disconnect()  # type: ignore[attr-defined]


def read(conversation: Conversation) -> list[str]:
    return [message.content for message in Message.objects.cached.last(conversation.pk)]


def use_all(conversation: Conversation) -> None:
    """Everything that asks the cache, once."""
    count = len(read(conversation))
    conversation.append("user", str(count + 1))
    assert read(conversation) == [str(number + 1) for number in range(count + 1)]
    assert Conversation.objects.cached.get(conversation.pk).message_count == count + 1
    assert Conversation.objects.cached.newest(conversation.owner_id)[0].message_count == count + 1
    assert cache.user(conversation.owner_id).username == "an"
    assert cache.cached("twice", ttl=60)(lambda value: 2 * value)(4) == 8
    cache.forget(conversation)
    cache.forget_matching("owner:*")
    cache.stats()


def trusted_again() -> None:
    """When the failure is a lease ago. An event that is a time: it cannot be awaited otherwise."""
    way = links.link()
    assert way is not None
    while not way.is_trusted:
        time.sleep(0.02)


def hits(conversation: Conversation) -> bool:
    """Whether another process is served by the cache."""
    with another_process():
        read(conversation)
        before = (cache.stats().queries.get("last") or {"hit": 0})["hit"]
        read(conversation)
        maintenance.forget_kept()
        read(conversation)
        return bool(cache.stats().queries.get("last", {"hit": 0})["hit"] > before)


FAULTS: dict[str, Callable[[Valkey], Any]] = {
    "flushed": lambda valkey: valkey.client.flushall(),
    "scripts flushed": lambda valkey: valkey.client.script_flush(),
    "restarted": lambda valkey: valkey.restart(),
    "clients killed": lambda valkey: valkey.client.client_kill_filter(_type="normal", skipme=True),
    "full": lambda valkey: valkey.client.config_set("maxmemory", 1),
    "not enough replicas": lambda valkey: valkey.client.config_set("min-replicas-to-write", 1),
    "no more clients": lambda valkey: valkey.client.config_set("maxclients", 1),
    "keys of other types": lambda valkey: [spoil(valkey.client, key) for key in valkey.client.keys("*")],
}


def spoil(client: Any, key: bytes) -> None:
    client.delete(key)
    client.rpush(key, "nothing of ours")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_reads_and_writes_go_on_and_are_right(row: Conversation, valkey: Valkey, fault: Any) -> None:
    use_all(row)
    fault(valkey)
    for _ in range(3):
        use_all(row)


@pytest.mark.parametrize("fault", ["flushed", "scripts flushed", "restarted", "clients killed"])
def test_and_it_serves_again(row: Conversation, valkey: Valkey, fault: str) -> None:
    FAULTS[fault](valkey)
    use_all(row)
    comes_back(row)


def test_killed(row: Conversation, valkey: Valkey) -> None:
    valkey.kill()
    for _ in range(3):
        use_all(row)
    valkey.start()
    comes_back(row)


def test_stopped(row: Conversation, valkey: Valkey) -> None:
    with valkey.stopped():
        for _ in range(3):
            use_all(row)
    comes_back(row)


def comes_back(row: Conversation) -> None:
    """By reads alone, without a write."""
    way = links.link()
    assert way is not None
    while way._is_down or not way.is_trusted:
        read(row)
        time.sleep(0.02)
    use_all(row)
    assert hits(row)


def test_a_server_that_accepts_and_says_nothing(
    row: Conversation, valkey: Valkey, settings: Any, tmp_path: Any
) -> None:
    with silent_server(tmp_path / "silent.sock") as accepted:
        use(tmp_path / "silent.sock", settings)
        for _ in range(30):
            read(row)
            row.append("user", "x")
        assert 1 <= len(accepted) <= 8  # of 60 calls: one, and one for each pause


def test_after_the_failure_was_noticed_nobody_asks(
    row: Conversation, valkey: Valkey, monkeypatch: Any
) -> None:
    """So that what is down costs no more than a short try in a while, whatever the traffic is."""
    valkey.kill()
    read(row)
    opened: list[float] = []
    init = Wire.__init__
    monkeypatch.setattr(
        Wire, "__init__", lambda *args, **options: opened.append(options["seconds"]) or init(*args, **options)
    )
    began = time.monotonic()
    for number in range(100):
        read(row)
        if number % 10 == 0:
            row.append("user", "x")
    assert len(opened) <= 1 + (time.monotonic() - began) / links.PAUSE
    assert set(opened) <= {0.1 * links.PROBE}


def test_the_log_says_once_that_it_went_and_once_that_it_came_back(
    row: Conversation, valkey: Valkey, caplog: Any
) -> None:
    with caplog.at_level(logging.INFO, "aistore.cache"):
        valkey.kill()
        for _ in range(5):
            use_all(row)
        assert [record.message.split("(")[0] for record in caplog.records] == [
            "cache 'default' does not answer "
        ]
        caplog.clear()
        valkey.start()
        comes_back(row)
    assert [record.message.split("; ")[0] for record in caplog.records] == [
        "cache 'default' is another server now",
        "cache 'default' answers again",
    ]
    assert str(valkey.socket) not in caplog.text


def test_a_full_one_says_so_once(row: Conversation, valkey: Valkey, caplog: Any) -> None:
    valkey.client.config_set("maxmemory", 1)
    for _ in range(5):
        use_all(row)
    valkey.client.config_set("maxmemory", 0)
    for _ in range(5):
        use_all(row)
    assert [record.message for record in caplog.records] == [
        "cache 'default' has no memory left; going on without it",
        "cache 'default' has memory again",
    ]


def test_a_writer_that_was_cut_off_trusts_no_stamp_for_a_lease(row: Conversation, valkey: Valkey) -> None:
    """The stamp from before his write is still there: he may not believe it, nor any that is as old."""
    with valkey.stopped():
        row.append("user", "2")
    for _ in range(10):
        assert read(row) == ["1", "2"]
    trusted_again()
    assert read(row) == ["1", "2"]


def test_others_are_stale_for_a_lease_at_most(
    row: Conversation, valkey: Valkey, settings: Any, tmp_path: Any
) -> None:
    use(tmp_path / "nowhere.sock", settings)  # only the writer's way is cut
    row.append("user", "2")
    cut_off = links.link()
    use(valkey.socket, settings)
    links._links["default"] = cut_off or Link("default")
    assert stale(row) == ["1"]  # the word was lost, and another process cannot know
    trusted_again()
    assert stale(row) == ["1", "2"]


def test_and_no_longer_than_the_writer_needs_to_reach_the_cache_again(
    row: Conversation, valkey: Valkey, settings: Any, tmp_path: Any
) -> None:
    """His next read takes away the stamp of what he could not tell; not one lease, which is long here."""
    settings.AISTORE = settings.AISTORE | {"CACHE_LEASE": 3600.0}
    maintenance.forget(row)
    assert stale(row) == ["1"]
    use(tmp_path / "nowhere.sock", settings)
    row.append("user", "2")
    cut_off = links.link()
    assert cut_off is not None
    use(valkey.socket, settings)
    links._links["default"] = cut_off
    assert stale(row) == ["1"]
    cut_off._tried_at = links.NEVER  # the pause is over
    assert read(row) == ["1", "2"]
    assert stale(row) == ["1", "2"]


def test_what_a_server_refuses_is_told_later(row: Conversation, valkey: Valkey, settings: Any) -> None:
    settings.AISTORE = settings.AISTORE | {"CACHE_LEASE": 3600.0}
    maintenance.forget(row)
    assert stale(row) == ["1"]
    FAULTS["not enough replicas"](valkey)
    row.append("user", "2")
    valkey.client.config_set("min-replicas-to-write", 0)
    assert stale(row) == ["1"]
    way = links.link()
    assert way is not None
    way._tried_at = links.NEVER
    assert read(row) == ["1", "2"]
    assert stale(row) == ["1", "2"]


def stale(row: Conversation) -> list[str]:
    """What a process reads that has had no failure."""
    mine, links._links = links._links.copy(), {"default": Link("default")}
    try:
        with another_process():
            return read(row)
    finally:
        links._links = mine


@pytest.mark.parametrize("fault", ["stopped", "not enough replicas"])
def test_strict_answers_only_when_nobody_can_be_stale(
    row: Conversation, valkey: Valkey, settings: Any, fault: str
) -> None:
    settings.AISTORE = settings.AISTORE | {"CACHE_STRICT": True}
    if fault == "stopped":
        with valkey.stopped():
            row.append("user", "2")
    else:
        FAULTS[fault](valkey)
        row.append("user", "2")
        valkey.client.config_set("min-replicas-to-write", 0)
    assert stale(row) == ["1", "2"]


def test_an_old_copy_in_its_place_is_not_believed(row: Conversation, valkey: Valkey) -> None:
    """As after a failover to a replica that had not heard the last words."""
    valkey.save()
    row.append("user", "2")
    assert read(row) == ["1", "2"]
    valkey.restart(*RESTORED)
    for _ in range(5):
        assert read(row) == ["1", "2"]
        maintenance.forget_kept()
    trusted_again()
    assert read(row) == ["1", "2"]


def test_an_old_copy_is_noticed_by_who_was_not_there(row: Conversation, valkey: Valkey) -> None:
    """An idle process finds its socket closed; the server behind the new one is another."""
    valkey.save()
    row.append("user", "2")
    way = links.link()
    assert way is not None
    valkey.restart(*RESTORED)
    for wire in way._spare:
        wire._used_at -= 10
    maintenance.forget_kept()
    assert read(row) == ["1", "2"]
    assert not way.is_trusted


def test_an_old_copy_of_the_stamps_lives_no_longer_than_the_originals(
    row: Conversation, valkey: Valkey
) -> None:
    valkey.save()
    row.append("user", "2")
    valkey.restart(*RESTORED)
    trusted_again_for_all = time.monotonic() + LEASE
    while time.monotonic() < trusted_again_for_all:
        time.sleep(0.02)
    assert stale(row) == ["1", "2"]


def test_other_threads_do_not_wait_for_what_one_has_found_down(row: Conversation, valkey: Valkey) -> None:
    with valkey.stopped():
        read(row)
        opened = links.link()
        assert opened is not None
        tried = opened._tried_at
        for _ in range(5):
            elsewhere(lambda: read(row))
        assert opened._tried_at == tried
