"""append() and extend(): numbers, counters, heads, parents, exact text, and the number of queries."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from aistore.exceptions import ConversationGone, ForeignParent, UnstorableValue
from aistore.models import Conversation, Message

from .edge_texts import TEXTS
from .invariants import assert_sound, contents

pytestmark = pytest.mark.django_db
ONE, SOME, COPIED = 1, 128, 129  # each way of storing: a row, a document of rows, COPY
every_way = pytest.mark.parametrize("count", [ONE, SOME, COPIED])


def turns(count):
    return [{"role": ("user", "assistant")[number % 2], "content": f"{number}"} for number in range(count)]


def test_append_is_one_query(conversation, django_assert_num_queries):
    """One statement numbers, stores and moves the head."""
    with django_assert_num_queries(1):
        conversation.append("user", "Where do I start?")


def test_append_in_a_transaction_is_one_query(conversation, django_assert_num_queries):
    """No savepoint around it."""
    with transaction.atomic(), django_assert_num_queries(1):
        conversation.append("user", "Where do I start?")


def test_a_hundred_take_three_round_trips_at_most(conversation, django_assert_max_num_queries):
    """extend() does not write row by row."""
    with django_assert_max_num_queries(3):
        conversation.extend(turns(100))


def test_ten_thousand_take_no_more_round_trips(conversation, django_assert_max_num_queries):
    """Seven with the savepoint and the deferred constraint."""
    with django_assert_max_num_queries(7):
        conversation.extend(turns(10_000))


@every_way
def test_counters_and_head(conversation, count):
    """In the database and on the instance, without recounting."""
    messages = conversation.extend(turns(count))
    said = conversation.message_count, conversation.head_id, conversation.last_message_at
    assert_sound(conversation)
    assert said == (count, messages[-1].pk, messages[-1].created_at)
    assert said == (conversation.message_count, conversation.head_id, conversation.last_message_at)


@every_way
def test_numbers_go_on(conversation, count):
    """Each call goes on where the last one stopped, each message answers the one before."""
    first = conversation.append("system", "Be brief.")
    messages = conversation.extend(turns(count))
    assert [message.sequence_number for message in messages] == list(range(2, count + 2))
    assert [message.parent_id for message in messages] == [message.pk for message in (first, *messages[:-1])]
    assert_sound(conversation)


@every_way
def test_returned_instances_are_the_rows(conversation, count):
    """What append() gives back is what a SELECT would give, so that nobody reads it again."""
    written = conversation.extend([{**turn, "metadata": {"a": [1]}, "cost": "0.5"} for turn in turns(count)])
    assert [vars_of(message) for message in written] == [
        vars_of(message) for message in conversation.messages.path()
    ]
    assert not any(message._state.adding for message in written)


def vars_of(message):
    return {field.attname: getattr(message, field.attname) for field in message._meta.concrete_fields}


EVERY_VALUE = {
    "parts": [{"type": "text", "text": "Hi"}, {"type": "raw", "raw": {"x": [1, 2.5, None, True]}}],
    "tool_calls": [{"id": "call_1", "name": "look", "arguments": '{"a": 1}', "type": "function"}],
    "tool_call_id": "",
    "name": "Minh",
    "model": "gpt-5",
    "status": "incomplete",
    "finish_reason": "length",
    "is_hidden": True,
    "input_tokens": 2**63 - 1,
    "output_tokens": 0,
    "cost": "0.0000000001",
    "usage": {"prompt_tokens": 3},
    "rating": -1,
    "rating_comment": "no",
    "metadata": {"a": {"b": []}},
    "external_id": "x" * 255,
    "created_at": dt.datetime(2001, 2, 3, 4, 5, 6, 789, dt.UTC),
}


@every_way
def test_every_value_arrives(conversation, count):
    """Each column, by each way of storing."""
    conversation.extend([{"role": "assistant", "content": "Hi", **EVERY_VALUE}, *turns(count - 1)])
    stored = conversation.messages.get(sequence_number=1)
    expected = {**EVERY_VALUE, "cost": stored.cost}
    assert {name: getattr(stored, name) for name in EVERY_VALUE} == expected
    assert str(stored.cost) == "1E-10"


@every_way
def test_exact_text(conversation, count):
    """Every edge text comes back equal as content, in parts with their keys, in metadata, as a name."""
    given = [as_everything(text) for text in TEXTS.values()] * (1 + count // len(TEXTS))
    for batch in [given] if count > 1 else [[turn] for turn in given]:
        conversation.extend(batch)
    stored = conversation.messages.order_by("sequence_number")
    assert [{name: getattr(row, name) for name in given[0]} for row in stored] == given


def as_everything(text):
    values = {"content": text, "name": text, "model": text, "finish_reason": text, "rating_comment": text}
    return {
        **values,
        "role": "user",
        "parts": [{"type": "text", "text": text, text: {text: [text]}}],
        "metadata": {text: [text, {text: text}]},
    }


def test_exact_text_of_keys(conversation):
    """external_id and the id of a tool call, too: the row is found again under them."""
    for text in filter(None, TEXTS.values()):
        message = conversation.append("tool", "", external_id=text[:255], tool_call_id=text)
        assert conversation.append("tool", external_id=text[:255]) == message
        assert conversation.messages.get(tool_call_id=text) == message


def test_nothing(conversation, django_assert_num_queries):
    """An empty list is no message."""
    with django_assert_num_queries(0):
        assert conversation.extend([]) == []


def test_a_generator(conversation):
    """Any iterable will do."""
    assert len(conversation.extend(turn for turn in turns(3))) == 3


@every_way
def test_all_or_nothing(conversation, count):
    """One value that cannot be kept, and nothing of the whole is."""
    with pytest.raises(UnstorableValue):
        conversation.extend(
            [*turns(count), {"role": "user", "content": "x", "metadata": {"a": float("nan")}}]
        )
    assert_sound(conversation)
    assert conversation.message_count == 0
    conversation.append("user", "goes on")


@every_way
def test_takes_part_in_the_hosts_transaction(conversation, count):
    """Rolled back with it, and the number is given again."""
    with transaction.atomic():
        conversation.extend(turns(count))
        transaction.set_rollback(True)
    assert conversation.append("user", "again").sequence_number == 1
    assert_sound(conversation)


@every_way
def test_stale_instance(conversation, count):
    """An instance that was read long ago appends where the conversation is now."""
    stale = Conversation.objects.get(pk=conversation.pk)
    conversation.extend(turns(3))
    stale.extend(turns(count))
    assert_sound(stale)
    assert contents(stale) == ["0", "1", "2", *map(str, range(count))]


def test_deferred_columns(conversation):
    """An instance without its columns works as well."""
    Conversation.objects.only("id").get(pk=conversation.pk).append("user", "Hi")
    assert_sound(conversation)


def test_saving_a_stale_instance_leaves_the_numbers_alone(conversation):
    """title = …, save(), as any Django code does it, must not turn the counter back."""
    stale = Conversation.objects.get(pk=conversation.pk)
    conversation.extend(turns(3))
    stale.title = "Trip to Hue"
    stale.save()
    assert_sound(conversation)
    assert (conversation.title, conversation.message_count) == ("Trip to Hue", 3)


def test_parent_makes_a_branch(conversation):
    """A second answer to the same question becomes the head."""
    question, first = conversation.extend(turns(2))
    second = conversation.append("assistant", "another try", parent=question)
    assert second.parent_id == question.pk
    assert contents(conversation) == ["0", "another try"]
    assert list(first.siblings()) == [first, second]
    assert_sound(conversation)


@every_way
def test_extend_at_a_parent(conversation, count):
    """The first answers the parent, the others each other."""
    question, _ = conversation.extend(turns(2))
    branch = conversation.extend(turns(count), parent=question)
    assert [message.parent_id for message in branch] == [message.pk for message in (question, *branch[:-1])]
    assert_sound(conversation)


@every_way
def test_a_second_root(conversation, count):
    """parent=None starts a new tree in the same conversation."""
    conversation.extend(turns(2))
    assert conversation.extend(turns(count), parent=None)[0].parent_id is None
    assert len(contents(conversation)) == count
    assert_sound(conversation)


@every_way
def test_foreign_parent(conversation, other, count):
    """A message of another conversation is refused, and nothing is written."""
    foreign = other.append("user", "elsewhere")
    with pytest.raises(ForeignParent, match=str(foreign.pk)):
        conversation.extend(turns(count), parent=foreign)
    assert_sound(conversation)
    assert conversation.message_count == 0


def test_the_database_refuses_a_foreign_parent(conversation, other):
    """At once, not at the end of the transaction, and without our code."""
    foreign = other.append("user", "elsewhere")
    with pytest.raises(IntegrityError, match="message_parent_same_conversation"), transaction.atomic():
        Message.objects.create(conversation=conversation, sequence_number=1, role="user", parent=foreign)


def test_the_database_refuses_a_foreign_head(conversation, other):
    foreign = other.append("user", "elsewhere")
    with pytest.raises(IntegrityError, match="conversation_head_its_own"), transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(head=foreign)


@every_way
def test_a_deleted_conversation(conversation, count):
    """It refuses, and is not revived."""
    stale = Conversation.objects.get(pk=conversation.pk)
    conversation.delete()
    with pytest.raises(ConversationGone, match=str(stale.pk)):
        stale.extend(turns(count))
    assert not Conversation.objects.filter(pk=stale.pk).exists()


def test_saving_a_deleted_conversation(conversation):
    """save() does not revive it either."""
    stale = Conversation.objects.get(pk=conversation.pk)
    conversation.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        stale.save()
    assert not Conversation.objects.filter(pk=stale.pk).exists()


def test_a_conversation_that_was_never_saved(owner):
    with pytest.raises(ConversationGone):
        Conversation(owner=owner).append("user", "Hi")


@every_way
def test_given_time(conversation, count):
    """Imports keep their times; the conversation's is the latest, in whatever order they came."""
    old = timezone.now() - dt.timedelta(days=400)
    times = [old + dt.timedelta(seconds=number % 7) for number in range(count)]
    conversation.extend(
        [{**turn, "created_at": time} for turn, time in zip(turns(count), times, strict=True)]
    )
    assert conversation.last_message_at == max(times)
    assert_sound(conversation)


def test_time_is_the_databases(conversation):
    """One clock for all writers, and never backwards within a conversation."""
    times = [conversation.append("user").created_at for _ in range(5)]
    assert times == sorted(set(times))
