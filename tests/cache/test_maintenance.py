import os
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from aistore import cache
from aistore.cache import maintenance
from aistore.cache.wire import Wire
from aistore.models import Conversation, Message

from . import units

THINGS: dict[str, Callable[[Conversation], Any]] = {
    "a row": lambda row: row,
    "a record": lambda row: Conversation.objects.cached.get(row.pk),
    "an id": lambda row: row.pk,
}


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_forget_a_conversation(conversation: Conversation, thing: Any) -> None:
    told = thing(conversation)
    with units.forgotten(units.conversation(conversation), units.lists(conversation.owner)) as gone:
        cache.forget(told)
    assert gone == {units.conversation(conversation)}


@pytest.mark.parametrize("thing", [lambda owner: owner, lambda owner: owner.pk])
def test_forget_an_owner(owner: Any, thing: Any) -> None:
    told = {units.lists(owner), units.memories(owner), units.user(owner)}
    with units.forgotten(*told) as gone:
        cache.forget(thing(owner))
    assert gone == told


def test_forget_what_is_not_there(owner: Any) -> None:
    cache.forget()
    cache.forget(uuid.uuid4(), 17)


def test_a_forgotten_unit_is_read_anew(conversation: Conversation, django_assert_num_queries: Any) -> None:
    Message.objects.cached.last(conversation.pk)
    cache.forget(conversation)
    with django_assert_num_queries(1):
        Message.objects.cached.last(conversation.pk)


def test_forget_matching_finds_by_kind_and_name(conversation: Conversation, owner: Any) -> None:
    all_units = {
        units.conversation(conversation),
        units.lists(owner),
        units.memories(owner),
        units.user(owner),
    }
    for pattern, found in {
        f"conversation:{conversation.pk.hex[:8]}*": {units.conversation(conversation)},
        "conversation:*": {units.conversation(conversation)},
        f"owner:{owner.pk}": {units.lists(owner)},
        "memories:*": {units.memories(owner)},
        "user:?*": {units.user(owner)},
        "owner:nobody": set(),
        "nonsense": set(),
    }.items():
        with units.forgotten(*all_units) as gone:
            assert cache.forget_matching(pattern) == len(found), pattern
        assert gone == found


def test_forget_matching_walks_and_never_stops_the_server(
    owner: Any, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By SCAN: KEYS would keep all others waiting."""
    commands, exchange = set(), Wire.exchange
    monkeypatch.setattr(
        Wire,
        "exchange",
        lambda self, asked, **options: (
            commands.update(c[0] for c in asked) or exchange(self, asked, **options)
        ),
    )
    prefix = units.lists(owner).key.partition("{")[0]
    valkey.mset({f"{prefix}{{o:default:{number}}}:s": b"x" for number in range(5000)})
    assert cache.forget_matching("owner:*") == 5000
    assert commands == {"SCAN", "UNLINK"}


def test_forget_matching_keeps_to_the_keys_of_this_host(owner: Any, valkey: Any, settings: Any) -> None:
    """Also where his prefix means something in a glob."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": "shop[1]*"}}
    valkey.set(units.lists(owner).stamp_key, b"x")
    valkey.set(units.lists(owner).stamp_key.replace("shop[1]*", "shop1 and others"), b"x")
    assert cache.forget_matching("owner:*") == 1
    assert len(valkey.keys("shop1*")) == 1


def test_a_key_function_of_the_host_keeps_tenants_apart(owner: Any, settings: Any) -> None:
    names = set()
    for tenant in ("a", "b"):
        settings.CACHES = {
            "default": settings.CACHES["default"] | {"KEY_FUNCTION": lambda key, *_, t=tenant: f"{t}/{key}"}
        }
        names.add(units.lists(owner).stamp_key)
    assert len(names) == 2


def test_statistics_count_reads_by_query_and_outcome(conversation: Conversation) -> None:
    Message.objects.cached.last(conversation.pk)  # loaded
    Message.objects.cached.last(conversation.pk)  # kept
    maintenance.forget_kept()
    Message.objects.cached.last(conversation.pk)  # fetched
    Conversation.objects.cached.get(conversation.pk)
    seen = cache.stats()
    assert seen.queries["last"] == {"kept": 1, "hit": 1, "miss": 1, "error": 0}
    assert seen.queries["get"]["miss"] == 1
    assert (seen.hit_rate("last"), seen.hit_rate(), seen.hit_rate("nothing")) == (2 / 3, 2 / 4, None)
    assert (seen.kept_entries, seen.kept_bytes > 0) == (2, True)
    assert seen.used_memory
    assert seen.max_memory is not None


def test_statistics_are_of_all_processes(conversation: Conversation) -> None:
    Message.objects.cached.last(conversation.pk)
    before = cache.stats().queries["last"]
    for _ in range(2):
        if not (child := os.fork()):
            Message.objects.cached.last(conversation.pk)
            cache.stats()
            os._exit(0)
        os.waitpid(child, 0)
    after = cache.stats().queries["last"]
    assert {name: after[name] - before[name] for name in after} == {
        "kept": 0,
        "hit": 2,
        "miss": 0,
        "error": 0,
    }


def test_counting_costs_no_round_trip(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted rides along with a read, at most one batch of it."""
    trips: list[list[str]] = []
    exchange = Wire.exchange
    monkeypatch.setattr(
        Wire,
        "exchange",
        lambda self, asked, **options: (
            trips.append([c[0] for c in asked]) or exchange(self, asked, **options)
        ),
    )
    Message.objects.cached.last(conversation.pk)
    trips.clear()
    for _ in range(1200):
        Message.objects.cached.last(conversation.pk)
    assert len(trips) == 1200
    assert sum("HINCRBY" in names for names in trips) in (2, 3)


def test_odd_replies_are_no_errors_of_the_host(owner: Any, valkey: Any) -> None:
    valkey.set(f"{units.lists(owner).key.partition('{')[0]}stats", "no hash")
    assert cache.stats().queries == {}


def test_without_a_cache_all_of_it_is_quiet(owner: Any, settings: Any) -> None:
    settings.AISTORE = {"CACHE_ALIAS": None}
    cache.forget(owner)
    assert cache.forget_matching("*") == 0
    assert cache.stats() == cache.Statistics({}, kept_entries=0)


def test_warm_counts_what_its_warmers_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        maintenance, "WARMERS", {"a": lambda limit: iter([None] * limit), "b": lambda limit: iter([None])}
    )
    assert cache.warm(limit=3, on_progress=lambda: seen.append(1)) == len(seen) == 4


def test_a_uuid_may_be_a_users_where_the_host_gives_them_such_keys() -> None:
    assert {unit.kind for unit in maintenance._units(uuid.uuid4())} == {"c", "o", "m", "u"}
