"""What the two services ask of a history, as far as their documents, types and refusals say it."""

import json
import re
from collections.abc import Iterable, Iterator

import pytest

WHY = "the services' own types judge our projections: pip install -e '.[dev]'"
pydantic = pytest.importorskip("pydantic", reason=WHY)
OPENAI = pydantic.TypeAdapter(
    list[pytest.importorskip("openai.types.chat", reason=WHY).ChatCompletionMessageParam]
)
ANTHROPIC = pydantic.TypeAdapter(list[pytest.importorskip("anthropic.types", reason=WHY).MessageParam])
ID = re.compile("[a-zA-Z0-9_-]{1,40}")
NAME_OPENAI = re.compile("[a-zA-Z0-9_-]{1,64}")
NAME_ANTHROPIC = re.compile("[a-zA-Z0-9_-]{1,128}")
THINKING = {"thinking", "redacted_thinking"}
IN_RESULTS = {"text", "image", "document"}


def assert_openai_takes(messages):
    assert_typed(OPENAI, messages)
    waiting, ids = [], set()
    for message in messages:
        if message["role"] == "tool":
            assert waiting, "a result without a call"
            assert message["tool_call_id"] == waiting.pop(0)
            assert message["content"].strip()
            continue
        assert not waiting, "a call is followed by something else than its result"
        calls = message.get("tool_calls", [])
        assert calls == [] or message["role"] == "assistant"
        assert_openai_content(message["content"], may_be_none=bool(calls))
        for call in calls:
            assert_new_id(call["id"], ids)
            assert NAME_OPENAI.fullmatch(call[call["type"]]["name"])
        waiting = [call["id"] for call in calls]
    assert not waiting, "an open call"


def assert_openai_content(content, *, may_be_none):
    if content is None:
        assert may_be_none
        return
    texts = [content] if isinstance(content, str) else [part["text"] for part in content if "text" in part]
    assert content
    assert all(text.strip() for text in texts)


def assert_anthropic_takes(history):
    assert_typed(ANTHROPIC, history)
    assert isinstance(history.system, str)
    assert_sendable(history.system)
    roles = [message["role"] for message in history]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)
    waiting, ids = [], set()
    for message in history:
        blocks = blocks_of(message)
        types = [block["type"] for block in blocks]
        results = [block for block in blocks if block["type"] == "tool_result"]
        assert [block["tool_use_id"] for block in results] == waiting, "not the results of the calls before"
        assert types[: len(results)] == ["tool_result"] * len(results), "a result after something else"
        waiting = assert_blocks(message["role"], blocks, ids)
    assert not waiting, "an open call"
    if history and history[-1]["role"] == "assistant":
        assert_last_word(blocks_of(history[-1]))


def assert_blocks(role, blocks, ids):
    """The ids of the calls in it."""
    assert blocks, "an empty message"
    assert role == "user" or blocks[-1]["type"] not in THINKING
    calls = [block for block in blocks if block["type"] == "tool_use"]
    assert role == "assistant" or not calls
    assert role == "user" or {block["type"] for block in blocks} <= {"text", "tool_use"} | THINKING
    assert not calls or blocks[-len(calls) :] == calls, "something said after a call"
    for call in calls:
        assert_new_id(call["id"], ids)
        assert NAME_ANTHROPIC.fullmatch(call["name"])
    for block in blocks:
        assert_block(block)
    return [call["id"] for call in calls]


def assert_block(block):
    if block["type"] == "text":
        assert block["text"].strip()
    if block["type"] == "tool_result":
        inner = blocks_of(block)
        assert inner
        assert {item["type"] for item in inner} <= IN_RESULTS
        for item in inner:
            assert_block(item)


def assert_last_word(blocks):
    assert not THINKING & {block["type"] for block in blocks}
    assert blocks[-1]["text"] == blocks[-1]["text"].rstrip()


def blocks_of(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def assert_new_id(id, ids):
    assert ID.fullmatch(id)
    assert id not in ids
    ids.add(id)


def assert_typed(adapter, messages):
    """The provider's own types take it, and leave nothing of it out."""
    assert isinstance(messages, list)
    assert plain(adapter.validate_python(messages)) == messages
    assert json.dumps(messages, allow_nan=False)
    for text in strings(messages):
        assert_sendable(text)


def assert_sendable(text):
    text.encode()
    assert "\x00" not in text


def plain(value):
    """Pydantic validates an Iterable while it is read."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def strings(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value or "-"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
