"""What an append makes of the entries that it outdates: completed, or left to the next reader, never wrong."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django_redis import get_redis_connection

from aistore.cache import maintenance
from aistore.models import Conversation, Message, refilling
from aistore.models.telling import lists_of, unit_of


@pytest.fixture
def row(transactional_db: None) -> Conversation:
    maintenance.forget_kept()
    conversation = Conversation.objects.create(
        owner=get_user_model().objects.create(username="an"), title="a"
    )
    conversation.append("user", "one")
    return conversation


@pytest.fixture
def loads(django_assert_num_queries: Any) -> Any:
    """The statements that a read of another process costs after the append."""

    def assert_loads(count: int, read: Any) -> Any:
        maintenance.forget_kept()
        with django_assert_num_queries(count):
            return read()

    return assert_loads


def texts(row: Conversation, count: int = 50) -> list[str]:
    return [message.content for message in Message.objects.cached.last(row.pk, count)]


def test_what_is_kept_is_completed(row: Conversation, loads: Any) -> None:
    texts(row)
    row.append("user", "two")
    assert loads(0, lambda: texts(row)) == ["one", "two"]


def test_what_is_not_kept_is_left_to_the_next_reader(row: Conversation, loads: Any) -> None:
    texts(row)
    maintenance.forget_kept()
    row.append("user", "two")
    assert loads(1, lambda: texts(row)) == ["one", "two"]


def test_what_was_kept_under_another_state_is_left_alone(row: Conversation, loads: Any) -> None:
    """Somebody else has written since it was read."""
    texts(row)
    Message.objects.filter(conversation=row).update(content="changed")
    row.append("user", "two")
    assert loads(1, lambda: texts(row)) == ["changed", "two"]


def test_a_full_window_moves_on(row: Conversation, loads: Any) -> None:
    row.extend([{"role": "user", "content": str(number)} for number in range(3)])
    texts(row, 2)
    row.extend([{"role": "user", "content": str(number)} for number in range(3, 8)])
    assert loads(0, lambda: texts(row, 2)) == ["6", "7"]


def test_a_branch_continues_no_path(row: Conversation, loads: Any) -> None:
    first = row.messages.get()
    row.append("assistant", "two")
    Message.objects.cached.path(row.pk)
    row.append("assistant", "other", parent=first)
    path = loads(1, lambda: Message.objects.cached.path(row.pk))
    assert [message.content for message in path] == ["one", "other"]


def test_nothing_is_completed_in_a_transaction(row: Conversation) -> None:
    """It may be rolled back."""
    texts(row)
    with transaction.atomic():
        row.append("user", "never said")
        transaction.set_rollback(True)
    maintenance.forget_kept()
    assert texts(row) == ["one"]


def test_a_large_entry_is_read_again_rather_than_sent_at_each_append(
    row: Conversation, loads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts(row)
    monkeypatch.setattr(refilling, "LARGEST", 100)
    row.append("user", "x" * 200)
    assert len(loads(1, lambda: texts(row))) == 2


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\\u0000", "😀"])
def test_every_text_is_completed_or_left(row: Conversation, text: str) -> None:
    texts(row)
    row.append("user", text)
    assert texts(row) == ["one", text]
    maintenance.forget_kept()
    assert texts(row) == ["one", text]


def test_a_list_that_is_kept_is_completed(row: Conversation, loads: Any) -> None:
    other = Conversation.objects.create(owner=row.owner, title="b")
    Conversation.objects.cached.newest(row.owner)
    row.append("user", "two")
    listed = loads(0, lambda: Conversation.objects.cached.newest(row.owner))
    assert [(found.title, found.message_count) for found in listed] == [("a", 2), ("b", 0)]
    assert other.title == "b"


@pytest.mark.parametrize(("is_kept", "cost"), [(True, 0), (False, 1)])
def test_a_list_without_the_conversation_is_completed_if_that_is_kept(
    row: Conversation, loads: Any, is_kept: bool, cost: int
) -> None:
    for title in "bcd":
        Conversation.objects.create(owner=row.owner, title=title)
    if is_kept:
        Conversation.objects.cached.get(row.pk)
    listed = Conversation.objects.cached.newest(row.owner, limit=2)
    assert [found.title for found in listed] == ["d", "c"]
    row.append("user", "two")
    listed = loads(cost, lambda: Conversation.objects.cached.newest(row.owner, limit=2))
    assert [found.title for found in listed] == ["a", "d"]


def test_stamps_never_live_longer_for_being_renewed(row: Conversation, settings: Any) -> None:
    """The lease counts from the claim, however often the stamp is renewed."""
    valkey = get_redis_connection("default")
    texts(row)
    Conversation.objects.cached.newest(row.owner)
    for unit in (unit_of(row.pk, "default"), lists_of(row.owner_id, "default")):
        valkey.pexpire(unit.stamp_key, 5000)
        row.append("user", "x")
        assert 0 < valkey.pttl(unit.stamp_key) <= 5000
        Conversation.objects.cached.newest(row.owner)
