"""import(export(x)) is x, column by column; and export(import(export(x))) is the same, byte by byte."""

import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from aistore import interop
from aistore.models import Conversation, Message, MessageRevision
from tests.interop.imports import exported

TIME = dt.datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=dt.UTC)
EDGES = [
    json.loads(line)["text"]
    for line in (Path(__file__).parents[1] / "data" / "edge-texts.jsonl").read_text().splitlines()
]
OWN = {"id", "owner", "conversation", "message", "open_tool_calls", "beat_at"}


def picture(owner):
    """Every column of every row, but for ids: those that point to a message by its number, and what was never
    imported by the id that the export gives it."""
    return [
        {
            **columns(conversation),
            "external_id": conversation.external_id or str(conversation.pk),
            "head": conversation.head and conversation.head.sequence_number,
            "messages": [
                {
                    **columns(message),
                    "external_id": message.external_id or str(message.pk),
                    "parent": message.parent and message.parent.sequence_number,
                    "revisions": [columns(row) for row in message.revisions.order_by("replaced_at", "pk")],
                }
                for message in conversation.messages.order_by("sequence_number")
            ],
        }
        for conversation in Conversation.objects.filter(owner=owner).order_by("pk")
    ]


def columns(row):
    return {field.name: getattr(row, field.attname) for field in row._meta.fields if field.name not in OWN}


def assert_comes_back(owner):
    other = get_user_model().objects.create(username=f"other of {owner.pk}")
    file = exported(owner)
    report = interop.import_file(io.BytesIO(file), other)
    assert report.errors == ()
    assert picture(other) == picture(owner)
    assert exported(other) == file


def test_every_column(owner):
    conversation = Conversation.objects.create(
        owner=owner,
        title="Trip",
        model="m",
        system_prompt="Be brief.",
        tags=["a", 'b"\\,{}', ""],
        is_pinned=True,
        is_archived=True,
        metadata={"k": {"deep": [1, 2.5, None, True, 10**30]}},
        source="elsewhere",
        external_id="conversation 17",
        created_at=TIME,
    )
    message = conversation.append(
        "assistant",
        "Hello",
        external_id="message 4",
        parts=[
            {"type": "reasoning", "text": "Hm"},
            {"type": "text", "text": "Hello"},
            {"type": "new", "x": 1},
        ],
        tool_calls=[{"id": "a", "name": "f", "arguments": '{"x": ', "type": "custom", "index": 3}],
        model="m",
        name="n",
        status="incomplete",
        finish_reason="length",
        is_hidden=True,
        usage={"prompt_tokens": 3, "details": {"cached": 1}},
        output_tokens=7,
        cost=Decimal("0.0000000001"),
        metadata={"jsonl": {"likes": 3}, "k": []},
        created_at=TIME + dt.timedelta(days=1),
    )
    message.rate(-1, comment="no")
    message.edit("Hello again", parts=[{"type": "text", "text": "Hello again"}])
    conversation.append("tool", "42", tool_call_id="a", created_at=TIME)
    Conversation.objects.update(updated_at=TIME)
    assert_comes_back(owner)


def test_revisions_oldest_first(owner):
    message = Conversation.objects.create(owner=owner).append("user", "one")
    message.edit("two")
    message.edit("three")
    (line,) = json.loads(exported(owner))["messages"]
    assert [revision["content"] for revision in line["revisions"]] == ["one", "two"]
    assert_comes_back(owner)


def test_branches_and_the_active_one(owner):
    conversation = Conversation.objects.create(owner=owner)
    first = conversation.append("user", "one")
    second = conversation.append("assistant", "two")
    conversation.append("assistant", "another", parent=first)
    conversation.append("system", "another root", parent=None)
    conversation.checkout(second)
    assert_comes_back(owner)


def test_line_whose_end_is_not_the_head(owner):
    conversation = Conversation.objects.create(owner=owner)
    first = conversation.append("user", "one")
    conversation.append("assistant", "two")
    conversation.checkout(first)
    assert_comes_back(owner)


def test_ids_that_look_like_numbers(owner):
    """Of another place than their own, one is given; the other is found again in its place."""
    conversation = Conversation.objects.create(owner=owner)
    conversation.append("user", "one", external_id="2")
    conversation.append("user", "two", external_id="1")
    conversation.append("user", "three", external_id="3")
    assert_comes_back(owner)
    assert [row.get("id") for row in json.loads(exported(owner))["messages"]] == ["2", "1", None]


@pytest.mark.parametrize("status", ["streaming", "failed", "cancelled"])
def test_unfinished(owner, status):
    conversation = Conversation.objects.create(owner=owner)
    conversation.append("assistant", "half", status=status)
    assert_comes_back(owner)


def test_nothing_at_all(owner):
    Conversation.objects.create(owner=owner)
    assert_comes_back(owner)


@pytest.mark.parametrize(
    "call",
    [
        {"id": "", "name": "", "arguments": "", "type": "function"},
        {"id": "a", "name": "f", "arguments": "{}", "type": "function", "function": {}},
        {"id": "a", "name": "f", "arguments": "{}", "type": "function", "function": {"name": "g"}},
        {"id": "a", "name": "f", "arguments": "{}", "type": "function", "function": {"strict": True}},
        {"id": "a", "name": "f", "arguments": "{}", "type": "function", "function": "x"},
        {"id": "a", "name": "f", "arguments": "{}", "type": ""},
        {"id": "a", "name": "f", "arguments": "{}", "type": "custom", "custom": {"name": "g", "x": 1}},
        {"id": "a", "name": "f", "arguments": "{}"},
    ],
)
def test_calls_as_somebody_may_have_stored_them(owner, call):
    message = Conversation.objects.create(owner=owner).append("assistant", "")
    Message.objects.filter(pk=message.pk).update(tool_calls=[call])
    assert_comes_back(owner)


@pytest.mark.parametrize(
    "metadata",
    [
        {"jsonl": {}},
        {"jsonl": 1},
        {"jsonl": {"title": 1, "content": 2}},
        {"jsonl": {"x": {}}},
        {"jsonl": None},
    ],
)
def test_metadata_that_uses_our_key(owner, metadata):
    Conversation.objects.create(owner=owner, metadata=metadata).append("user", "", metadata=metadata)
    assert_comes_back(owner)


def test_usage_that_was_not_counted(owner):
    message = Conversation.objects.create(owner=owner).append("assistant", "", usage={"prompt_tokens": 3})
    Message.objects.filter(pk=message.pk).update(input_tokens=None)
    assert_comes_back(owner)


def test_content_and_calls_that_the_parts_contradict(owner):
    parts = [{"type": "text", "text": "x"}, {"type": "tool_call", "id": "a", "name": "f", "arguments": ""}]
    message = Conversation.objects.create(owner=owner).append("assistant", "y")
    Message.objects.filter(pk=message.pk).update(parts=parts, tool_calls=[], content="")
    assert_comes_back(owner)


@pytest.mark.parametrize("text", EDGES)
def test_edge_texts_in_every_place(owner, text):
    """NUL, lone surrogates, control characters and all line ends included."""
    conversation = Conversation.objects.create(
        owner=owner, title=text, model=text, system_prompt=text, tags=[text], metadata={text or "k": [text]}
    )
    message = conversation.append(
        "tool",
        text,
        name=text,
        model=text,
        tool_call_id=text,
        finish_reason=text,
        parts=[{"type": "text", "text": text, text: text}],
        metadata={text: text},
    )
    MessageRevision.objects.create(message=message, content=text, parts=[{"text": text}], replaced_at=TIME)
    assert_comes_back(owner)


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
ANY_OBJECT = st.dictionaries(ANY_TEXT | st.sampled_from(["jsonl", "title", "role"]), ANY_JSON, max_size=3)
ANY_MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
        "content": ANY_TEXT,
    },
    optional={
        "parts": st.lists(ANY_OBJECT, max_size=2),
        "metadata": ANY_OBJECT,
        "usage": ANY_OBJECT,
        "name": ANY_TEXT,
        "tool_call_id": ANY_TEXT,
        "external_id": st.sampled_from(["1", "2", "x"]),
        "tool_calls": st.lists(
            st.fixed_dictionaries({"id": ANY_TEXT, "name": ANY_TEXT, "arguments": ANY_TEXT}), max_size=2
        ),
    },
)


class AnyConversation(TestCase):
    @settings(max_examples=40, deadline=None)
    @example(
        [{"role": "user", "content": "", "metadata": {"jsonl": {"\ud800": 1}}}],
        {"jsonl": {"\ud800": None}},
        "",
    )
    @given(st.lists(ANY_MESSAGE, max_size=4), ANY_OBJECT, ANY_TEXT)
    def test_any_conversation(self, messages, metadata, title):
        owner = get_user_model().objects.create(username="an")
        conversation = Conversation.objects.create(owner=owner, title=title, metadata=metadata)
        taken = {""}
        for message in messages:
            external_id = message.get("external_id", "")
            conversation.append(**{**message, "external_id": "" if external_id in taken else external_id})
            taken.add(external_id)
        assert_comes_back(owner)
