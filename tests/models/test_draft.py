"""What a caller may give for a message, what follows from it, and what is refused before PostgreSQL is asked."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from aistore.exceptions import InvalidMessage, UnstorableValue
from aistore.models.message import Role, Status

pytestmark = pytest.mark.django_db


def test_parts_as_content(conversation):
    """A list of parts in place of the text; the text is joined from them."""
    image = {"type": "image", "url": "https://example.com/a.png"}
    message = conversation.append(
        "user", [{"type": "text", "text": "Look"}, image, {"type": "text", "text": "Nice?"}]
    )
    message.refresh_from_db()
    assert message.content == "Look\n\nNice?"
    assert message.parts[1] == image


def test_parts_beside_content(conversation):
    """The text that was given stays."""
    message = conversation.append("user", "Mine", parts=[{"type": "text", "text": "Theirs"}])
    assert (message.content, message.parts) == ("Mine", [{"type": "text", "text": "Theirs"}])


def test_tool_calls_follow_parts(conversation):
    """They are a projection; the arguments are the string that the model sent."""
    part = {"type": "tool_call", "id": "call_1", "name": "look", "arguments": "{not json"}
    message = conversation.append("assistant", [part])
    assert message.tool_calls == [
        {"id": "call_1", "name": "look", "arguments": "{not json", "type": "function"}
    ]


def test_tool_calls_as_openai_sends_them(conversation):
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    message = conversation.append("assistant", tool_calls=[call])
    assert message.tool_calls == [{"id": "call_1", "name": "look", "arguments": "{}", "type": "function"}]


def test_arguments_as_a_dict(conversation):
    """Written as JSON, in the order given, letters as they are."""
    message = conversation.append(
        "assistant", tool_calls=[{"id": "a", "name": "b", "arguments": {"z": "é", "a": 1}}]
    )
    assert message.tool_calls[0]["arguments"] == '{"z": "é", "a": 1}'


def test_usage_is_counted(conversation):
    """Columns follow the provider's counts, which are kept."""
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "cost": 0.25}
    message = conversation.append("assistant", usage=usage)
    assert (message.input_tokens, message.output_tokens, message.cost) == (12, 3, Decimal("0.25"))
    assert message.usage == usage


def test_own_counts_win(conversation):
    message = conversation.append("assistant", usage={"prompt_tokens": 12}, input_tokens=7)
    assert message.input_tokens == 7


def test_none_stands_for_not_given(conversation):
    """What providers send has None in many places."""
    message = conversation.append("assistant", None, name=None, tool_calls=None, parts=None, usage=None)
    assert (message.content, message.name, message.tool_calls, message.parts, message.usage) == (
        "",
        "",
        [],
        [],
        {},
    )


def test_members_of_our_enumerations(conversation):
    message = conversation.append(Role.ASSISTANT, status=Status.INCOMPLETE)
    assert (type(message.role), message.role, message.status) == (str, "assistant", "incomplete")


def test_a_result_with_a_strange_id_answers_nothing(conversation):
    """Parts are kept as they are, whatever is in them."""
    parts = [{"type": "tool_call", "id": "a"}, {"type": "tool_result", "id": []}, {"type": {}}]
    assert conversation.append("assistant", parts).parts == parts
    assert conversation.open_tool_calls == ["a"]


def test_ten_megabytes(conversation):
    text = "Huế " * 2_500_000
    conversation.append("user", text)
    assert conversation.messages.get().content == text


BAD = {
    "unknown role": {"role": "robot"},
    "no role": {},
    "unknown key": {"role": "user", "colour": "red"},
    "unknown status": {"role": "user", "status": "done"},
    "conversation": {"role": "user", "conversation": uuid.UUID(int=1)},
    "content is a number": {"role": "user", "content": 0},
    "content is a dict": {"role": "user", "content": {}},
    "long external_id": {"role": "user", "external_id": "x" * 256},
    "huge external_id": {"role": "user", "external_id": "x" * 10_000},
    "external_id is a number": {"role": "user", "external_id": 5},
    "naive time": {"role": "user", "created_at": dt.datetime(2020, 1, 1)},
    "rating": {"role": "user", "rating": 2},
    "parts are strings": {"role": "user", "parts": ["Hi"]},
    "metadata is a list": {"role": "user", "metadata": [1]},
    "negative tokens": {"role": "user", "input_tokens": -1},
    "too many tokens": {"role": "user", "input_tokens": 2**63},
    "tokens of 5000 digits": {"role": "user", "input_tokens": 10**5000},
    "cost is no number": {"role": "user", "cost": "free"},
    "cost is NaN": {"role": "user", "cost": float("nan")},
    "cost is infinite": {"role": "user", "cost": float("inf")},
    "cost is negative": {"role": "user", "cost": -1},
    "cost is huge": {"role": "user", "cost": 10**10},
    "call id is a number": {"role": "assistant", "tool_calls": [{"id": 5, "name": "look"}]},
    "call id is a list": {"role": "assistant", "tool_calls": [{"id": ["a"], "name": "look"}]},
    "call name is a list": {"role": "assistant", "tool_calls": [{"id": "a", "name": ["look"]}]},
    "call id of a part is a dict": {"role": "assistant", "parts": [{"type": "tool_call", "id": {"a": 1}}]},
    "arguments are a set": {"role": "assistant", "tool_calls": [{"id": "a", "arguments": {1, 2}}]},
}


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


DEEP = deep(100_000)
CYCLE: dict = {}
CYCLE["again"] = CYCLE
BAD |= {
    "deep metadata": {"role": "user", "metadata": {"a": DEEP}},
    "deep parts": {"role": "user", "parts": [{"type": "text", "text": DEEP}]},
    "metadata is deep": {"role": "user", "metadata": DEEP},
    "parts are deep": {"role": "user", "parts": DEEP},
    "content is deep": {"role": "user", "content": DEEP},
    "deep arguments": {"role": "assistant", "tool_calls": [{"id": "a", "arguments": DEEP}]},
    "deep usage": {"role": "assistant", "usage": {"prompt_tokens": DEEP}},
    "cycle": {"role": "user", "metadata": CYCLE},
    "cycle in parts": {"role": "user", "parts": [CYCLE]},
    "cycle in arguments": {"role": "assistant", "tool_calls": [{"id": "a", "arguments": CYCLE}]},
}


@pytest.mark.parametrize("turn", BAD.values(), ids=BAD.keys())
def test_bad_input(conversation, turn):
    """One clear line, and nothing is written."""
    with pytest.raises((InvalidMessage, UnstorableValue)) as caught:
        conversation.extend([{"role": "user", "content": "good"}, turn])
    assert len(str(caught.value)) < 1000
    assert conversation.messages.count() == 0
