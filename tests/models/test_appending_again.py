"""The same external_id again: one row, whoever comes second, and a clear refusal of other content."""

import datetime as dt

import pytest
from django.db import transaction

from aistore.exceptions import ConflictingAppend
from aistore.models import Conversation

from .invariants import assert_sound
from .test_appending import every_way, turns

pytestmark = pytest.mark.usefixtures("committed")


def keyed(count, start=0):
    return [{**turn, "external_id": f"key {start + number}"} for number, turn in enumerate(turns(count))]


def test_the_first_row_is_returned(conversation):
    """And nothing is written."""
    first = conversation.append("user", "Hi", external_id="request-123")
    between = conversation.append("assistant", "Hello")
    assert conversation.append("user", "Hi", external_id="request-123") == first
    assert_sound(conversation)
    assert (conversation.message_count, conversation.head) == (2, between)


def test_first_time_is_one_query(conversation, django_assert_num_queries):
    """The key is looked for by the statement that writes."""
    with django_assert_num_queries(1):
        conversation.append("user", "Hi", external_id="request-123")


def test_first_time_in_a_transaction(conversation, django_assert_num_queries):
    """And a savepoint around it, so that a clash does not break the host's transaction."""
    with transaction.atomic(), django_assert_num_queries(3):
        conversation.append("user", "Hi", external_id="request-123")


def test_without_autocommit(conversation):
    """A host that commits by himself, and twice the same key in one call."""
    transaction.set_autocommit(False)
    try:
        assert len(set(conversation.extend([*keyed(2), *keyed(2)]))) == 2
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert_sound(conversation)


def test_a_stale_instance_comes_again(conversation):
    """A retry in another process, which knows nothing of the first."""
    stale = Conversation.objects.get(pk=conversation.pk)
    assert conversation.append("user", "Hi", external_id="a") == stale.append("user", "Hi", external_id="a")
    assert_sound(conversation)


@every_way
def test_extend_again(conversation, count):
    """A retried batch finds all of its rows."""
    first = conversation.extend(keyed(count))
    assert conversation.extend(keyed(count)) == first
    assert_sound(conversation)


@every_way
def test_extend_adds_what_is_new(conversation, count):
    """Known ones are returned in their place, the others stored."""
    known = conversation.extend(keyed(2))
    messages = conversation.extend(keyed(2 + count))
    assert messages[:2] == known
    assert [message.sequence_number for message in messages] == list(range(1, 3 + count))
    assert_sound(conversation)


@every_way
def test_twice_in_one_extend(conversation, count):
    """The second is the first."""
    messages = conversation.extend([*keyed(count), keyed(1)[0]])
    assert messages[-1] == messages[0]
    assert_sound(conversation)
    assert conversation.message_count == count


@every_way
def test_in_the_hosts_transaction(conversation, count):
    """It goes on afterwards: a known key is no database error."""
    first = conversation.extend(keyed(count))
    with transaction.atomic():
        assert conversation.extend(keyed(count)) == first
        conversation.append("user", "more")
    assert_sound(conversation)


def test_keys_are_of_one_conversation(conversation, other):
    """The same key elsewhere is another message."""
    assert conversation.append("user", external_id="a") != other.append("user", external_id="a")


def test_no_key_is_no_key(conversation):
    """An empty external_id is never the same."""
    assert conversation.append("user", "Hi", external_id="") != conversation.append(
        "user", "Hi", external_id=""
    )


SAME = {
    "openai's tool calls": {"tool_calls": [{"id": "a", "function": {"name": "look", "arguments": {"b": 1}}}]},
    "a tuple in metadata": {"metadata": {"a": (1, 2)}},
    "a large float": {"metadata": {"a": 1e23, "b": 0.1, "c": 10**30}},
    "cost": {"cost": 0.1},
    "rounded cost": {"cost": "0.123456789012345"},
    "usage": {"usage": {"prompt_tokens": 3, "cost": 0.1}},
    "time in another zone": {
        "created_at": dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    },
    "none": {"name": None, "parts": None, "created_at": None, "usage": None},
    "parts": {"parts": [{"type": "text", "text": "a\x00b", "k\ud800": [None, True, 1.5]}]},
    "key order": {"metadata": {"b": 1, "a": 2}},
}


@pytest.mark.parametrize("values", SAME.values(), ids=SAME.keys())
def test_the_same_content(conversation, values):
    """A retry gives the same values, which the database may write in another way."""
    first = conversation.append("assistant", "Hi", external_id="a", **values)
    assert conversation.append("assistant", "Hi", external_id="a", **values) == first


OTHER = {
    "content": {"content": "Hello"},
    "role": {"role": "user"},
    "model": {"model": "gpt-5"},
    "metadata": {"metadata": {"a": 1}},
    "tool_calls": {"tool_calls": [{"id": "a", "name": "look"}]},
    "parts": {"parts": [{"type": "text", "text": "Hi"}]},
    "created_at": {"created_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
}


@pytest.mark.parametrize(("name", "values"), OTHER.items(), ids=OTHER.keys())
def test_other_content(conversation, name, values):
    """Refused, saying what differs and by which message the key is used; nothing is written."""
    first = {"role": "assistant", "content": "Hi", "external_id": "a"}
    conversation.extend([{"role": "user"}, first])
    with pytest.raises(ConflictingAppend, match=rf"'a' .* message 2, which differs in {name}\."):
        conversation.extend([{"role": "user", "content": "not this either"}, {**first, **values}])
    assert_sound(conversation)
    assert conversation.message_count == 2


def test_other_parts_as_content(conversation):
    """Two pictures without a word are not the same content."""
    conversation.append("user", [{"type": "image", "url": "https://example.com/a.png"}], external_id="a")
    with pytest.raises(ConflictingAppend, match="parts"):
        conversation.append("user", [{"type": "image", "url": "https://example.com/b.png"}], external_id="a")


def test_other_content_in_one_extend(conversation):
    """Refused as well, before anything is there."""
    with pytest.raises(ConflictingAppend, match="in the same call"):
        conversation.extend([{**turn, "external_id": "a"} for turn in turns(2)])
    assert conversation.messages.count() == 0


def test_a_refusal_leaves_the_hosts_transaction_usable(conversation):
    conversation.append("user", "Hi", external_id="a")
    with transaction.atomic():
        with pytest.raises(ConflictingAppend):
            conversation.append("user", "Hello", external_id="a")
        conversation.append("user", "goes on")
    assert_sound(conversation)


def test_a_key_with_calls_open(conversation):
    """The first time closed them; the second closes nothing more."""
    conversation.append("assistant", tool_calls=[{"id": "call_1", "name": "look"}])
    first = conversation.append("user", "Stop", external_id="a")
    assert conversation.append("user", "Stop", external_id="a") == first
    assert conversation.message_count == 3
    assert_sound(conversation)
