"""A ChatGPT export in the database: what the reader gives is what the rows hold."""

import io
import json

import pytest
from django.contrib.auth import get_user_model

from aistore.interop import import_file
from aistore.models import Conversation
from tests.interop.chatgpt_exports import empty, export, node

pytestmark = pytest.mark.django_db

CALL = {"content_type": "code", "language": "python", "text": "1 + 1"}
OUTPUT = {"content_type": "execution_output", "text": "2"}


def store(value):
    owner, _ = get_user_model().objects.get_or_create(username="ada")
    return import_file(io.BytesIO(json.dumps([value]).encode()), owner)


def with_call(*more, **fields):
    return export(
        empty("root"),
        node("q", "root", content="a\x00b\ud83d"),
        node("call", "q", "assistant", CALL, recipient="python"),
        node("answer", "call", "tool", OUTPUT, name="python"),
        *more,
        **fields,
    )


def test_rows():
    store(with_call(node("other", "q", "assistant"), current_node="answer"))
    rows = {row.external_id: row for row in Conversation.objects.get().messages.select_related("parent")}
    assert {name: row.parent and row.parent.external_id for name, row in rows.items()} == {
        "q": None,
        "call": "q",
        "answer": "call",
        "other": "q",
    }
    assert rows["q"].content == "a\x00b\ud83d"
    assert rows["answer"].tool_call_id == rows["call"].tool_calls[0]["id"]
    assert Conversation.objects.get().head == rows["answer"]


def test_the_same_again_and_what_came_since():
    store(with_call())
    assert store(with_call()).unchanged == 1
    report = store(with_call(node("more", "answer", "assistant")))
    assert (report.extended, report.messages) == (1, 1)
    assert Conversation.objects.get().head.external_id == "more"


def test_a_parent_that_is_not_there_is_warned_of():
    report = store(export(node("q"), node("lost", "gone")))
    assert report.warning_count == 1
    assert Conversation.objects.get().messages.filter(parent=None).count() == 2


def test_a_circle_is_reported_and_skipped():
    report = store(export(node("a", "b"), node("b", "a")))
    assert (report.skipped, Conversation.objects.count()) == (1, 0)
    assert "in a circle: 'a' → 'b' → 'a'" in report.errors[0]
