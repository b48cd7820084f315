"""Which calls are open, and that none stays open behind a turn: providers refuse such a history."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from aistore.models import Conversation, Message
from aistore.models.tool_calls import normal, open_calls, projected

from .invariants import assert_sound, contents
from .streams import last_sign_of_life

pytestmark = pytest.mark.django_db


@dataclass
class Turn:
    role: str
    tool_calls: Any = field(default_factory=list)
    tool_call_id: str = ""
    parts: Any = field(default_factory=list)


def calling(*ids):
    return Turn("assistant", [{"id": one, "name": "look"} for one in ids])


def answering(one):
    return Turn("tool", tool_call_id=one)


PATHS = {
    "nothing": ([], []),
    "no call": ([Turn("user"), Turn("assistant")], []),
    "one call": ([calling("a")], ["a"]),
    "answered": ([calling("a"), answering("a")], []),
    "parallel": ([calling("a", "b", "c"), answering("b")], ["a", "c"]),
    "answered in another order": ([calling("a", "b"), answering("b"), answering("a")], []),
    "an orphan": ([calling("a"), answering("x")], ["a"]),
    "a turn came between": ([calling("a"), Turn("user")], []),
    "a system message is no turn": ([calling("a"), Turn("system"), Turn("developer")], ["a"]),
    "two rounds": ([calling("a"), answering("a"), calling("a")], ["a"]),
    "answered in its own parts": (
        [Turn("assistant", [{"id": "a"}, {"id": "b"}], parts=[{"type": "tool_result", "id": "a"}])],
        ["b"],
    ),
    "null columns": ([Turn("assistant", None, parts=None)], []),
    "ids that are none": ([Turn("assistant", [{"id": 5}, {"name": "look"}, {"id": ["a"]}])], []),
}


@pytest.mark.parametrize(("path", "expected"), PATHS.values(), ids=PATHS.keys())
def test_open_calls(path, expected):
    assert open_calls(path) == expected


CALL = {"id": "a", "name": "look", "arguments": '{"b":1}', "type": "function"}
SPELLINGS = {
    "ours": (CALL, CALL),
    "openai's": ({"id": "a", "type": "function", "function": {"name": "look", "arguments": '{"b":1}'}}, CALL),
    "a dict": ({"id": "a", "name": "look", "arguments": {"b": 1}}, {**CALL, "arguments": '{"b": 1}'}),
    "nearly nothing": ({}, {"id": "", "name": "", "arguments": "", "type": "function"}),
    "another type": (
        {"id": "a", "type": "custom"},
        {"id": "a", "name": "", "arguments": "", "type": "custom"},
    ),
}


@pytest.mark.parametrize(("given", "expected"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_normal(given, expected):
    assert normal(given) == expected


def test_projected():
    """Only the tool_call parts, in their order."""
    parts = [
        {"type": "text", "text": "a"},
        {**CALL, "type": "tool_call"},
        {"type": "step"},
    ]
    assert projected(parts) == [CALL]


def call(conversation, *ids, **fields):
    calls = [{"id": one, "name": "look", "arguments": "{}"} for one in ids]
    return conversation.append("assistant", tool_calls=calls, **fields)


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_turn_closes_what_is_open(conversation, role):
    """In order, behind the call and before the turn."""
    call(conversation, "a", "b")
    turn = conversation.append(role, "Never mind")
    rows = list(conversation.messages.path())
    assert [(row.role, row.tool_call_id, row.content, row.status) for row in rows[1:]] == [
        ("tool", "a", "interrupted", "cancelled"),
        ("tool", "b", "interrupted", "cancelled"),
        (role, "", "Never mind", "complete"),
    ]
    assert rows[-1] == turn
    assert_sound(conversation)


def test_closing_costs_no_more_queries(conversation, django_assert_num_queries):
    """The same statement stores the results."""
    call(conversation, "a", "b")
    with django_assert_num_queries(1):
        conversation.append("user", "Never mind")


@pytest.mark.parametrize("role", ["tool", "system", "developer"])
def test_other_roles_leave_calls_open(conversation, role):
    call(conversation, "a", "b")
    conversation.append(role, "x", tool_call_id="a" if role == "tool" else None)
    conversation.refresh_from_db()
    assert conversation.open_tool_calls == (["b"] if role == "tool" else ["a", "b"])


def test_answered_calls_are_not_closed(conversation):
    call(conversation, "a", "b")
    conversation.append("tool", "2", tool_call_id="b")
    conversation.append("tool", "1", tool_call_id="a")
    conversation.append("user", "Thanks")
    assert contents(conversation) == ["", "2", "1", "Thanks"]


@pytest.mark.parametrize("count", [1, 200])
def test_within_extend(conversation, count):
    """Closed in the middle of a batch, too; only the given messages are returned."""
    calls = [{"id": "a", "name": "look", "arguments": "{}"}]
    turns = [{"role": "assistant", "tool_calls": calls}, {"role": "user", "content": "Never mind"}] * count
    messages = conversation.extend(turns)
    assert len(messages) == 2 * count
    assert conversation.messages.filter(role="tool").count() == count
    assert conversation.message_count == 3 * count
    assert_sound(conversation)


def test_a_stale_instance_knows_of_calls(conversation):
    """The calls that another process has left open are seen."""
    stale = Conversation.objects.get(pk=conversation.pk)
    call(conversation, "a")
    stale.append("user", "Never mind")
    assert contents(stale) == ["", "interrupted", "Never mind"]
    assert_sound(stale)


def test_a_stale_instance_knows_of_answers(conversation):
    """Nor is a call closed that another process has answered."""
    call(conversation, "a")
    stale = Conversation.objects.get(pk=conversation.pk)
    conversation.append("tool", "42", tool_call_id="a")
    stale.append("user", "Thanks")
    assert contents(stale) == ["", "42", "Thanks"]


def test_open_calls_of_a_branch(conversation):
    """At another parent, the calls of that path are closed, and those of the head are left alone."""
    question = conversation.append("user", "?")
    calling = call(conversation, "a")
    conversation.append("tool", "42", tool_call_id="a")
    conversation.append("assistant", "42", parent=question)
    conversation.append("user", "Again", parent=calling)
    assert contents(conversation) == ["?", "", "interrupted", "Again"]
    assert_sound(conversation)


def test_a_branch_beside_an_open_call(conversation):
    question = conversation.append("user", "?")
    call(conversation, "a")
    conversation.append("assistant", "another try", parent=question)
    assert contents(conversation) == ["?", "another try"]
    assert conversation.open_tool_calls == []


def test_many_parallel_calls(conversation):
    """More than the tail that is looked at when a branch is taken up again."""
    ids = [f"call_{number}" for number in range(200)]
    question = conversation.append("user", "?")
    call(conversation, *ids)
    last = conversation.extend({"role": "tool", "tool_call_id": one} for one in ids[:150])[-1]
    conversation.append("assistant", parent=question)
    conversation.checkout(last)
    assert conversation.open_tool_calls == ids[150:]


def test_close_tool_calls(conversation, django_assert_max_num_queries):
    """Stores the results and returns them; a second time there is nothing to do."""
    call(conversation, "a", "b")
    with django_assert_max_num_queries(6):
        results = conversation.close_tool_calls()
    assert [(row.tool_call_id, row.content, row.status) for row in results] == [
        ("a", "interrupted", "cancelled"),
        ("b", "interrupted", "cancelled"),
    ]
    assert conversation.close_tool_calls() == []
    assert_sound(conversation)
    assert conversation.open_tool_calls == []


def test_close_tool_calls_beside_a_dead_stream(conversation):
    """The stream of a process that was killed does not keep the calls from being closed."""
    dead = conversation.append("assistant", "Let me", status="streaming")
    call(conversation, "a")
    last_sign_of_life(dead, seconds=60)
    results = conversation.close_tool_calls()
    assert list(conversation.messages.filter(tool_call_id="a")) == results != []
    assert conversation.messages.get(pk=dead.pk).status == "failed"
    assert_sound(conversation)


def test_ids_are_kept_exactly(conversation):
    """NUL and quotes in an id, as a model may send it."""
    strange = ['a\x00"b\\', "\ud800", "{a,b}", "NULL", " "]
    call(conversation, *strange)
    conversation.append("user", "Never mind")
    assert list(Message.objects.filter(role="tool").values_list("tool_call_id", flat=True)) == strange


def test_editing_a_call_away(conversation):
    """What an edit has removed from the head is not answered later: that would be a result without a call."""
    message = conversation.append("assistant", [{"type": "tool_call", "id": "a", "name": "look"}])
    message.edit("No tool needed", parts=[])
    conversation.append("user", "Thanks")
    assert contents(conversation) == ["No tool needed", "Thanks"]


def test_editing_a_call_in(conversation):
    """What an edit has added to the head is closed by the next turn."""
    message = conversation.append("assistant", "Let me look")
    message.edit("Let me look", parts=[{"type": "tool_call", "id": "a", "name": "look"}])
    conversation.append("user", "Never mind")
    assert contents(conversation) == ["Let me look", "interrupted", "Never mind"]


def test_editing_a_call_further_up(conversation):
    """Answered long ago: nothing is open."""
    message = call(conversation, "a")
    conversation.append("tool", "42", tool_call_id="a")
    call(conversation, "b")
    message.edit("Text beside the call")
    conversation.refresh_from_db()
    assert (message.tool_calls[0]["id"], conversation.open_tool_calls) == ("a", ["b"])


def test_a_custom_call_keeps_its_name_and_its_free_text():
    """OpenAI's tools that take text instead of JSON."""
    call = {"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}
    assert normal(call) == {"id": "c", "type": "custom", "name": "shell", "arguments": "ls -l"}
    assert normal(normal(call)) == normal(call)
