"""Cached named queries answer what the uncached ones do, whatever has happened to the conversation."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from aistore.cache import maintenance
from aistore.cache.link import link
from aistore.models import Conversation, Message

pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LENGTHS = (1, 2, 3, 50)
SCALARS = [f.attname for f in Message._meta.concrete_fields]
OF_CONVERSATION = [f.attname for f in Conversation._meta.concrete_fields]


@pytest.fixture
def owner(transactional_db: None) -> Any:
    maintenance.forget_kept()
    return get_user_model().objects.create(username="an")


@pytest.fixture
def other(transactional_db: None) -> Any:
    return get_user_model().objects.create(username="binh")


def values(rows: Any, names: list[str]) -> list[list[Any]]:
    return [[plain(getattr(row, name)) for name in names] for row in rows]


def plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def assert_equal(conversation: Conversation) -> None:
    """Kept, fetched and from the database."""
    key, owner = conversation.pk, conversation.owner_id
    rows = Message.objects.in_conversation(key)
    for _ in range(3):
        assert values([Conversation.objects.cached.get(key)], OF_CONVERSATION) == values(
            [Conversation.objects.get(pk=key)], OF_CONVERSATION
        )
        for count in LENGTHS:
            assert values(Message.objects.cached.last(key, count), SCALARS) == values(
                rows.last(count), SCALARS
            )
            path = rows.path(last=count)
            assert values(Message.objects.cached.path(key, last=count), SCALARS) == values(path, SCALARS)
            newest = Conversation.objects.owned_by(owner).newest(limit=count)
            cached = Conversation.objects.cached.newest(owner, limit=count)
            assert values(cached, OF_CONVERSATION) == values(newest, OF_CONVERSATION)
        maintenance.forget_kept()
    for count in LENGTHS:  # kept again, for the next write to complete
        Message.objects.cached.last(key, count)
        Message.objects.cached.path(key, last=count)
        Conversation.objects.cached.newest(owner, limit=count)
    Conversation.objects.cached.get(key)


ACTIONS = ["append", "append", "extend", "branch", "checkout", "edit", "old", "title", "pin", "cut"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.integers(0, 99),
    ),
    max_size=7,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cached_equals_uncached_after_every_step(owner: Any, steps: list[tuple[str, int]]) -> None:
    Conversation.objects.all().delete()
    rows = [Conversation.objects.create(owner=owner, title=title) for title in "abcd"]
    for action, number in steps:
        conversation = Conversation.objects.get(pk=rows[number % len(rows)].pk)
        do(conversation, action, number)
        assert_equal(conversation)


def do(conversation: Conversation, action: str, number: int) -> None:
    messages = list(conversation.messages.order_by("sequence_number"))
    some = messages[number % len(messages)] if messages else None
    match action:
        case "append":
            conversation.append("assistant", f"text {number}\0\ud800", tool_calls=[], metadata={"n": [number]},
                                cost="0.5", usage={"prompt_tokens": 3})  # fmt: skip
        case "extend":
            conversation.extend([{"role": "user", "content": str(i)} for i in range(number % 5 + 1)])
        case "branch":
            conversation.append("user", "branch", parent=some)
        case "checkout" if some:
            conversation.checkout(some)
        case "edit" if some:
            some.edit("edited")
        case "old":
            hours = dt.timezone(dt.timedelta(hours=7))
            conversation.append(
                "user", "old", created_at=timezone.now().astimezone(hours) - dt.timedelta(days=number)
            )
        case "title":
            Conversation.objects.filter(pk=conversation.pk).update(title=f"title {number}")
        case "pin":
            Conversation.objects.filter(pk=conversation.pk).pin()
        case "cut" if messages:
            messages[-1].delete()


def test_a_first_message_older_than_its_conversation_leaves_a_full_list_to_the_database(owner: Any) -> None:
    """Who moves up into the list is not among those that are kept."""
    rows = [Conversation.objects.create(owner=owner, title=title) for title in "abcd"]
    Conversation.objects.cached.newest(owner, limit=3)
    rows[3].append("user", "x", created_at=timezone.now() - dt.timedelta(days=9))
    assert [row.title for row in Conversation.objects.cached.newest(owner, limit=3)] == ["c", "b", "a"]


@pytest.mark.parametrize("nobody", [None, AnonymousUser()])
def test_nobody_owns_nothing(owner: Any, nobody: Any) -> None:
    """An owner that turns out to be None is not the same as none given."""
    conversation = Conversation.objects.create(owner=owner)
    for read in (Conversation.objects.cached.get, Message.objects.cached.last, Message.objects.cached.path):
        with pytest.raises(Conversation.DoesNotExist):
            read(conversation.pk, owner=nobody)
    assert Conversation.objects.cached.newest(nobody) == ()


def test_every_spelling_of_an_owner_is_he(owner: Any, other: Any) -> None:
    conversation = Conversation.objects.create(owner=owner)
    for spelling in (owner, owner.pk, str(owner.pk)):
        assert Conversation.objects.cached.get(conversation.pk, owner=spelling).owner_id == owner.pk
        assert len(Conversation.objects.cached.newest(spelling)) == 1
    with pytest.raises(ValueError, match="expected a number"):
        Conversation.objects.cached.newest("nobody")


OF_ONE = [Conversation.objects.cached.get, Message.objects.cached.last, Message.objects.cached.path]


@pytest.mark.parametrize("read", OF_ONE)
def test_what_was_read_for_its_owner_is_not_there_for_another(owner: Any, other: Any, read: Any) -> None:
    """By the key of the entry, so that it holds for a hit as for a miss."""
    conversation = Conversation.objects.start(owner, [{"role": "user", "content": "x"}])
    for _ in range(3):
        assert read(conversation.pk, owner=owner)
        assert read(conversation.pk)
        with pytest.raises(Conversation.DoesNotExist):
            read(conversation.pk, owner=other)


@pytest.mark.parametrize("read", OF_ONE)
def test_nor_for_who_has_owned_it(owner: Any, other: Any, read: Any) -> None:
    conversation = Conversation.objects.start(owner, [{"role": "user", "content": "x"}])
    assert read(conversation.pk, owner=owner)
    Conversation.objects.filter(pk=conversation.pk).update(owner=other)
    assert read(conversation.pk, owner=other)
    with pytest.raises(Conversation.DoesNotExist):
        read(conversation.pk, owner=owner)


@pytest.mark.parametrize("read", OF_ONE)
def test_a_hit_of_an_owner_is_one_call_and_no_query(
    owner: Any, read: Any, django_assert_num_queries: Any
) -> None:
    """Also after an append, which completes what was read for him."""
    conversation = Conversation.objects.start(owner, [{"role": "user", "content": "x"}])
    read(conversation.pk, owner=owner)
    conversation.append("user", "y")
    way = link()
    assert way is not None
    with django_assert_num_queries(0), calls(way) as made:
        read(conversation.pk, owner=owner)
    assert len(made) == 1


@contextmanager
def calls(way: Any) -> Iterator[list[Any]]:
    made: list[Any] = []
    call = way.call
    way.call = lambda *commands: made.append(commands) or call(*commands)
    try:
        yield made
    finally:
        del way.call


def test_zero_and_negative_counts(owner: Any) -> None:
    conversation = Conversation.objects.create(owner=owner)
    conversation.append("user", "x")
    for _ in range(2):
        assert Message.objects.cached.last(conversation.pk, 0) == ()
        assert Message.objects.cached.path(conversation.pk, last=0) == ()
        assert Conversation.objects.cached.newest(owner, limit=0) == ()
        conversation.append("user", "x")
    for read in (
        lambda: Message.objects.cached.last(conversation.pk, -1),
        lambda: Message.objects.cached.path(conversation.pk, last=2**40),
        lambda: Conversation.objects.cached.newest(owner, limit=-1),
    ):
        with pytest.raises(ValueError, match="cannot be asked for"):
            read()


def test_another_database_is_another_unit(owner: Any) -> None:
    managed: Any = Conversation.objects.db_manager("elsewhere")
    assert managed.cached._using == "elsewhere"
    assert Conversation.objects.cached._using == "default"
