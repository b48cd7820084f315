"""How many statements and round trips a cached read costs, and what it answers. Staleness has its own stories."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from aistore.cache import maintenance
from aistore.cache.wire import Wire
from aistore.models import Conversation, Message
from aistore.models.telling import unit_of

from ..models.asynchronously import run

READS: dict[str, Callable[[Conversation], Any]] = {
    "get": lambda c: Conversation.objects.cached.get(c.pk),
    "newest": lambda c: Conversation.objects.cached.newest(c.owner_id),
    "last": lambda c: Message.objects.cached.last(c.pk, 50),
    "path": lambda c: Message.objects.cached.path(c.pk, last=50),
}
every_read = pytest.mark.parametrize("read", READS.values(), ids=READS)


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands each round trip carried."""
    trips: list[int] = []
    exchange = Wire.exchange

    def counted(self: Wire, commands: Any, **options: Any) -> Any:
        trips.append(len(commands))
        return exchange(self, commands, **options)

    monkeypatch.setattr(Wire, "exchange", counted)
    return trips


@every_read
def test_a_miss_is_one_statement(
    conversation: Conversation, read: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        read(conversation)


@every_read
def test_a_hit_is_one_round_trip_and_no_statement(
    conversation: Conversation, read: Any, django_assert_num_queries: Any, round_trips: list[int]
) -> None:
    first = read(conversation)
    maintenance.forget_kept()
    round_trips.clear()
    with django_assert_num_queries(0):
        assert read(conversation) == first
    assert round_trips == [2]


@every_read
def test_a_kept_record_needs_the_stamp_alone(
    conversation: Conversation, read: Any, round_trips: list[int]
) -> None:
    first = read(conversation)
    round_trips.clear()
    assert read(conversation) is first or read(conversation) == first
    assert round_trips[0] == 1


@every_read
def test_an_append_completes_what_it_outdates(
    conversation: Conversation, read: Any, django_assert_num_queries: Any
) -> None:
    for _ in READS.values():
        read(conversation)
    Conversation.objects.cached.get(conversation.pk)
    conversation.append("assistant", "At the citadel.")
    maintenance.forget_kept()
    with django_assert_num_queries(0):
        answer = read(conversation)
    maintenance.forget(conversation, conversation.owner)
    assert answer == read(conversation)


def test_an_append_with_the_cache_told_is_one_statement_and_one_round_trip(
    conversation: Conversation, django_assert_num_queries: Any, round_trips: list[int]
) -> None:
    with django_assert_num_queries(1):
        conversation.append("user", "x")
    assert len(round_trips) == 1


def test_one_of_many_readers_loads_a_cold_entry(conversation: Conversation, settings: Any) -> None:
    """32 at once: at most two loads; all get the answer."""
    settings.AISTORE = {"CACHE_TIMEOUT": 5.0}  # 32 sockets at once, on a machine that may be busy
    loads, answers = [], []
    start = threading.Barrier(32)

    def read() -> None:
        connections["default"].ensure_connection()
        start.wait()
        with connections["default"].execute_wrapper(lambda *call: loads.append(1) or call[0](*call[1:])):
            answers.append(Message.objects.cached.last(conversation.pk, 50))
        connections.close_all()

    threads = [threading.Thread(target=read) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) <= 2
    assert len({answer[0].id for answer in answers}) == 1
    assert len(answers) == 32


def test_a_missing_conversation_is_missing_every_time_and_at_once(owner: Any, round_trips: list[int]) -> None:
    for _ in range(3):
        with pytest.raises(Conversation.DoesNotExist):
            Conversation.objects.cached.get(uuid.uuid4())
    missing = uuid.uuid4()
    for _ in range(2):  # the claim of the first is given up: the second need not wait for it
        round_trips.clear()
        with pytest.raises(Conversation.DoesNotExist):
            Message.objects.cached.last(missing)
        assert len(round_trips) == 2


@pytest.mark.parametrize("name", ["", "nonsense", "'; DROP TABLE", 17, None, "\0", "x" * 10_000])
def test_what_is_no_id_is_no_conversation(owner: Any, name: Any) -> None:
    with pytest.raises(Conversation.DoesNotExist):
        Conversation.objects.cached.get(name)


def test_another_owners_conversation_is_no_conversation(conversation: Conversation) -> None:
    assert Conversation.objects.cached.get(conversation.pk, owner=conversation.owner)
    for read in (Conversation.objects.cached.get, Message.objects.cached.last, Message.objects.cached.path):
        with pytest.raises(Conversation.DoesNotExist):
            read(conversation.pk, owner=conversation.owner_id + 1)


def test_without_a_cache_reads_ask_the_database(
    conversation: Conversation, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.AISTORE = {"CACHE_ALIAS": None}
    for _ in range(2):
        with django_assert_num_queries(1):
            assert len(Message.objects.cached.last(conversation.pk)) == 1


def test_entries_live_as_long_as_the_settings_say(
    conversation: Conversation, valkey: Any, settings: Any
) -> None:
    settings.AISTORE = {"MESSAGE_TTL": 100, "CACHE_LEASE": 10}
    Message.objects.cached.last(conversation.pk)
    lives = {key.rpartition(b"}")[2][:2]: valkey.pttl(key) for key in valkey.keys("*{*")}
    assert 89_000 < lives[b":e"] <= 100_000
    assert 9_000 < lives[b":s"] <= 10_000


def test_a_claim_whose_owner_died_is_taken_over(conversation: Conversation, valkey: Any) -> None:
    key = unit_of(conversation.pk, "default").stamp_key
    valkey.set(key, b"?somebody who died", px=30_000)
    assert len(Message.objects.cached.last(conversation.pk)) == 1
    assert len(valkey.get(key)) == 24  # a stamp stands there again


def test_the_async_twins_answer_the_same(conversation: Conversation) -> None:
    async def read() -> None:
        key = conversation.pk
        assert (await Conversation.objects.cached.aget(key)).message_count == 1
        assert [row.pk for row in await Conversation.objects.cached.anewest(conversation.owner_id)] == [key]
        assert (
            len(await Message.objects.cached.alast(key)) == len(await Message.objects.cached.apath(key)) == 1
        )

    run(read())
