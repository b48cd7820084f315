"""Broken paths, and what is sent of them. See Note [Repairs]."""

import re

import pytest

from aistore.interop import as_anthropic, as_openai
from tests.interop.accepted import assert_anthropic_takes, assert_openai_takes
from tests.interop.rows import calling, result, row


def sent(*path):
    """As OpenAI gets it; Anthropic gets it too, and each must take it."""
    messages = as_openai(path)
    assert_openai_takes(messages)
    assert_anthropic_takes(as_anthropic(path))
    return messages


def roles(*path):
    return [message["role"] for message in sent(*path)]


def results(*path):
    return [message["content"] for message in sent(*path) if message["role"] == "tool"]


def ids(*path):
    return [call["id"] for message in sent(*path) for call in message.get("tool_calls", [])]


def test_result_without_call():
    """A result whose call is not in the path is left out."""
    assert roles(row("user", "Hi"), result("c1"), row("assistant", "Hello")) == ["user", "assistant"]


def test_result_twice():
    """Of two results for one call the first is sent."""
    assert results(calling("c1"), result("c1", "first"), result("c1", "second")) == ["first"]


def test_call_without_result():
    """An open call is closed in what is sent."""
    assert results(calling("c1"), row("user", "Stop")) == ["interrupted"]


def test_call_at_the_end():
    """A path may break off after a call."""
    assert results(row("user", "Hi"), calling("c1", "c2"), result("c1", "ok")) == ["ok", "interrupted"]


def test_result_after_it_was_interrupted():
    """The result that came after its call was closed is sent in place of "interrupted"."""
    path = (
        calling("c1"),
        result("c1", "interrupted", status="cancelled"),
        row("user", "?"),
        result("c1", "late"),
    )
    assert results(*path) == ["late"]


def test_interruption_after_the_result():
    """A result is not replaced by "interrupted"."""
    path = calling("c1"), result("c1", "done"), result("c1", "interrupted", status="cancelled")
    assert results(*path) == ["done"]


def test_late_result_of_an_id_that_is_used_again():
    """Once a new call has the id, results are the new one's."""
    first = calling("c1"), result("c1", "interrupted", status="cancelled")
    path = *first, calling("c1"), result("c1", "new"), result("c1", "again")
    assert results(*path) == ["interrupted", "new"]


def test_something_between_call_and_result():
    """A result follows its call directly, whatever lay between."""
    path = calling("c1"), row("user", "Wait"), row("assistant", "Yes"), result("c1")
    assert roles(*path) == ["assistant", "tool", "user", "assistant"]


def test_results_in_another_order():
    """Results stand in the order of their calls."""
    assert results(calling("c1", "c2"), result("c2", "two"), result("c1", "one")) == ["one", "two"]


def test_parallel_calls_in_several_messages():
    """Each of them is followed by its own result."""
    path = calling("c1"), calling("c2"), result("c1", "one"), result("c2", "two")
    assert [message.get("content") for message in sent(*path)] == [None, "one", None, "two"]


def test_id_used_again_later():
    """A second call of the same id gets an id of its own, and keeps its result."""
    path = calling("c1"), result("c1", "one"), calling("c1"), result("c1", "two")
    assert results(*path) == ["one", "two"]
    assert ids(*path)[0] == "c1"


def test_one_id_for_two_open_calls():
    """Results go to the calls of one id in their order."""
    path = calling("c1", "c1"), result("c1", "one"), result("c1", "two")
    assert results(*path) == ["one", "two"]


def test_id_of_an_abandoned_call():
    """A call since the user last spoke takes the id over from one before."""
    path = calling("c1"), row("user", "Again"), calling("c1"), result("c1", "new")
    assert results(*path) == ["interrupted", "new"]


@pytest.mark.parametrize("id", ["", "call:1", "ç1", "x" * 41, "a b", "\ud83d"])
def test_id_that_services_refuse(id):
    """It is replaced on both sides by one that they take."""
    path = calling(id), result(id, "ok")
    assert results(*path) == ["ok"]
    assert re.fullmatch("call_[0-9a-f]{24}", ids(*path)[0])


def test_made_ids_are_the_same_wherever_the_path_is_cut():
    """They come from the message and the place in it, so that a prompt cache holds."""
    path = [row("user", "Hi"), calling("", ""), result("", "one"), result("", "two")]
    assert ids(*path) == ids(*path[1:])
    assert len(set(ids(*path))) == 2


def test_result_without_id():
    """It goes to the first open call."""
    assert results(calling("c1", "c2"), result("", "one"), result("", "two")) == ["one", "two"]


def test_result_without_id_beside_one_with():
    """A call that has its result is passed over."""
    assert results(calling("c1", "c2"), result("c1", "one"), result("", "two")) == ["one", "two"]


def test_results_inside_an_assistant_message():
    """A message as Claude writes it is split after each group of results."""
    parts = [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}"},
        {"type": "tool_result", "id": "c1", "content": "rain"},
        {"type": "text", "text": "It rains."},
    ]
    messages = sent(row("user", "Weather?"), row("assistant", "It rains.", parts=parts))
    assert [message["content"] for message in messages] == ["Weather?", "Let me see.", "rain", "It rains."]


def test_text_after_a_call():
    """What was said after a call, before its result, is said before it."""
    parts = [
        {"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}"},
        {"type": "text", "text": "Moment."},
    ]
    assert [message["content"] for message in sent(row("assistant", parts=parts))] == [
        "Moment.",
        "interrupted",
    ]


def test_call_of_a_user():
    """Only the assistant calls, and gets the result."""
    user = row("user", "Hi", tool_calls=[{"id": "c1", "name": "x", "arguments": "{}"}])
    assert ids(user, calling("c1"), result("c1")) == ["c1"]
    assert results(user, calling("c1"), result("c1", "rain")) == ["rain"]


@pytest.mark.parametrize("status", ["failed", "cancelled", "streaming", "incomplete"])
def test_unfinished_message(status):
    """What was said is sent."""
    assert roles(row("user", "Hi"), row("assistant", "Hel", status=status)) == ["user", "assistant"]


@pytest.mark.parametrize("status", ["failed", "cancelled", "streaming"])
def test_unfinished_message_that_says_nothing(status):
    """It is left out."""
    assert roles(row("user", "Hi"), row("assistant", " \n", status=status)) == ["user"]


def test_hidden_message():
    """Hidden is for people; the model gets it."""
    assert roles(row("user", "Context", is_hidden=True)) == ["user"]


def test_no_messages():
    """An empty path is an empty list."""
    assert sent() == []
