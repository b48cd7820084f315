"""Queries of messages: the last, those before, sums, and what they need to know."""

import datetime as dt
import pickle
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db.models.signals import post_init

from aistore.exceptions import MissingConversation
from aistore.models import Message

from .plans import nodes, plan
from .test_appending import turns

pytestmark = pytest.mark.django_db


def numbers(messages):
    return [message.sequence_number for message in messages]


def test_in_conversation(conversation, other):
    """By the instance, its id or the text of it."""
    message = conversation.append("user")
    other.append("user")
    for known in (conversation, conversation.pk, str(conversation.pk)):
        assert list(Message.objects.in_conversation(known)) == [message]
        assert list(Message.objects.in_conversation(known).path()) == [message]


def test_in_a_conversation_that_is_none(db):
    assert not Message.objects.in_conversation(uuid.uuid4()).path()
    with pytest.raises(ValidationError):
        Message.objects.in_conversation("not an id")


@pytest.mark.parametrize(
    "rows", [lambda c: Message.objects, lambda c: Message.objects.filter(conversation=c)]
)
def test_a_path_of_no_conversation(conversation, rows):
    """Said clearly, with what to write instead."""
    with pytest.raises(MissingConversation, match=r"conversation\.messages"):
        rows(conversation).path()


def test_the_conversation_is_remembered(conversation):
    """Through filters, orders and copies."""
    conversation.extend(turns(3))
    rows = Message.objects.in_conversation(conversation).filter(role="user").order_by("pk").all()
    assert numbers(rows.path()) == [1, 3]


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [5]), (2, [4, 5]), (9, [1, 2, 3, 4, 5])])
def test_last(conversation, count, expected):
    """Oldest first, of all branches."""
    messages = conversation.extend(turns(4))
    conversation.append("assistant", parent=messages[0])
    assert numbers(conversation.messages.last(count)) == expected


@pytest.mark.parametrize(
    "rows",
    [
        lambda conversation: conversation.messages.filter(role="user"),
        lambda conversation: conversation.messages.exclude(role="assistant"),
        lambda conversation: Message.objects.filter(role="user").in_conversation(conversation),
        lambda conversation: Message.objects.in_conversation(conversation).filter(role="user"),
        lambda conversation: Message.objects.filter(role="user"),
    ],
)
def test_last_of_some(conversation, rows):
    """Of those that were asked for, whose numbers have gaps."""
    conversation.extend(turns(6))
    assert numbers(rows(conversation).last(2)) == [3, 5]


def test_last_without_a_count(conversation):
    """Is Django's."""
    messages = conversation.extend(turns(3))
    assert conversation.messages.order_by("sequence_number").last() == messages[-1]


def test_before(conversation):
    """The page above, as often as there is one."""
    conversation.extend(turns(5))
    assert numbers(conversation.messages.before(4, 2)) == [2, 3]
    assert numbers(conversation.messages.before(2, 2)) == [1]
    assert numbers(conversation.messages.before(1, 2)) == []


def test_they_chain(conversation):
    conversation.extend(turns(6))
    assert numbers(conversation.messages.last(4).filter(role="user")) == [3, 5]
    assert conversation.messages.before(6, 3).count() == 3


@pytest.mark.parametrize("rows", ["last", "before"])
def test_they_are_one_query(conversation, rows, django_assert_num_queries):
    conversation.extend(turns(6))
    with django_assert_num_queries(1):
        found = conversation.messages.last(3) if rows == "last" else conversation.messages.before(6, 3)
        assert len(found) == 3


@pytest.mark.parametrize("rows", [lambda rows: rows.last(50), lambda rows: rows.before(5_000, 50)])
def test_pages_read_no_more_than_they_show(long, rows):
    """The last 50 of 10,000, and those before number 5,000, along the index."""
    top = plan(rows(long.messages), "ANALYZE, BUFFERS")
    assert {node.get("Index Name") for node in nodes(top)} >= {"message_number_once"}
    assert max(node["Actual Rows"] for node in nodes(top)) <= 50


def test_the_columns_of_nothing_cost_no_parser(conversation):
    """Empty JSON columns are the same object type as full ones."""
    conversation.append("user")
    message = Message.objects.get()
    assert (message.parts, message.tool_calls, message.usage, message.metadata) == ([], [], {}, {})
    message.parts.append(1)
    assert Message.objects.get().parts == []


def test_instances_are_djangos(conversation):
    """Built without __init__, they are as any: saved, deferred, pickled, compared, heard of."""
    conversation.append("user", "Hi", name="Minh")
    message = Message.objects.get()
    message.name = "Binh"
    message.save(update_fields=["name"])
    twin = pickle.loads(pickle.dumps(message))  # noqa: S301
    partial = Message.objects.only("name").get()
    assert message == twin == partial
    assert (partial.get_deferred_fields() >= {"content"}, partial.content, twin.name) == (True, "Hi", "Binh")
    assert message._state.fields_cache == {}
    assert message.conversation == conversation


def test_usage_by_model(conversation, other, django_assert_num_queries):
    """Summed in one query, nothing counted as nothing."""
    conversation.append("user", "?")
    for model, tokens in (("a", 3), ("a", 4), ("b", None)):
        conversation.append("assistant", model=model, input_tokens=tokens, cost=tokens and tokens / 10)
    with django_assert_num_queries(1):
        rows = list(conversation.messages.filter(role="assistant").usage(by="model"))
    assert [(row["model"], row["messages"], row["input_tokens"], row["cost"]) for row in rows] == [
        ("a", 2, 7, rows[0]["cost"]),
        ("b", 1, None, None),
    ]
    assert f"{rows[0]['cost']:.1f}" == "0.7"


def test_usage_by_owner_and_day(conversation, owner):
    conversation.append(
        "assistant", input_tokens=3, created_at=dt.datetime(2020, 1, 1, 23, 59, tzinfo=dt.UTC)
    )
    [by_owner] = Message.objects.usage(by="owner")
    [by_day] = Message.objects.usage(by="day")
    assert (by_owner["owner"], by_owner["input_tokens"]) == (owner.pk, 3)
    assert (by_day["day"], by_day["messages"]) == (dt.date(2020, 1, 1), 1)


def test_usage_by_something_else(db):
    with pytest.raises(ValueError, match="day, owner, model"):
        Message.objects.usage(by="hour")


def test_str(conversation):
    assert str(conversation.append("user")) == "user 1"


@pytest.mark.parametrize(
    "rows", [lambda rows: rows, lambda rows: rows.only("role"), lambda rows: rows.defer("role")]
)
def test_read(conversation, rows):
    """Whole or in part, an instance has the row's values, its database, and can be saved."""
    written = conversation.append("user", "Where do I start?", metadata={"a": [1]})
    [read] = rows(conversation.messages.all())
    assert (read.role, read.content, read.metadata, read.parts) == (
        "user",
        "Where do I start?",
        {"a": [1]},
        [],
    )
    assert (read, read._state.db, read._state.adding) == (written, "default", False)
    read.save()


def test_who_listens_hears_of_every_instance(conversation):
    """Django's signals are sent where somebody wants them."""
    heard = []

    def listen(instance, **options):
        heard.append(instance.content)

    conversation.extend(turns(3))
    post_init.connect(listen, sender=Message)
    try:
        list(conversation.messages.path())
    finally:
        post_init.disconnect(listen, sender=Message)
    assert heard == ["0", "1", "2"]
