"""What a line of our JSONL looks like, and where that differs from the columns."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ..models import tool_calls

NAME = "jsonl"


class Revision(msgspec.Struct):
    replaced_at: str
    content: str = ""
    parts: list[dict[str, Any]] = []


class Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None
    id: str | None = None
    n: int | None = None
    parent: int | str | UnsetType | None = UNSET
    name: str | None = None
    model: str | None = None
    parts: list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | UnsetType | None = UNSET
    tool_call_id: str | None = None
    status: str = "complete"
    finish_reason: str | None = None
    hidden: bool = False
    input_tokens: int | UnsetType | None = UNSET
    output_tokens: int | UnsetType | None = UNSET
    cost: Decimal | UnsetType | None = UNSET
    usage: dict[str, Any] | None = None
    rating: int | None = None
    rating_comment: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | None = None
    minutes: float | None = None
    edited_at: str | None = None
    revisions: list[Revision] = []


class Line(msgspec.Struct):
    messages: list[Message]
    id: str | None = None
    title: str | None = None
    source: str = NAME
    model: str | None = None
    system_prompt: str | None = None
    tags: list[str] | None = None
    pinned: bool = False
    archived: bool = False
    branches: bool = False  # says only what the messages show
    active: int | str | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | None = None
    updated_at: str | None = None
    last_message_at: str | None = None


KEYS = frozenset(Line.__struct_fields__)
MESSAGE_KEYS = frozenset(Message.__struct_fields__)
_INSIDE = {"function": {"name", "arguments"}, "custom": {"name", "input"}}  # what a call has, and where


def line(value: Any) -> Line:
    """Raises msgspec.ValidationError. Of our keys only: msgspec wants each as UTF-8, and a lone surrogate has none."""
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        messages = [_ours(message, MESSAGE_KEYS) for message in value["messages"]]
        value = {**_ours(value, KEYS), "messages": messages}
    return msgspec.convert(value, Line)


def _ours(value: Any, known: frozenset[str]) -> Any:
    if not isinstance(value, dict) or known.issuperset(value):
        return value
    return {key: value[key] for key in value if key in known}


def with_rest(
    metadata: dict[str, Any] | None, value: dict[str, Any], known: frozenset[str]
) -> dict[str, Any]:
    """The metadata, and in it what the line or message has under keys that are not ours."""
    metadata = metadata or {}
    if known.issuperset(value):
        return metadata
    rest = {key: value[key] for key in value if key not in known}
    before = metadata.get(NAME)
    return {**metadata, NAME: {**before, **rest} if isinstance(before, dict) else rest}


def without_rest(metadata: dict[str, Any], known: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same back. What would not be read as it was stays where it is."""
    rest = metadata.get(NAME)
    if not isinstance(rest, dict) or rest.keys() & known:
        return metadata, {}
    return {key: metadata[key] for key in metadata if key != NAME or not rest}, rest


def our_call(call: dict[str, Any]) -> dict[str, Any]:
    """A call as the columns have it; whatever else it or its function had stays with it."""
    if _has_strings(call, "id", "name", "arguments"):
        return call
    ours = tool_calls.normal(call)
    rest = {key: _rest_inside(key, call[key]) for key in call if key not in ours}
    return {**ours, **{key: value for key, value in rest.items() if key not in _INSIDE or value}}


def _rest_inside(key: str, value: Any) -> Any:
    if key not in _INSIDE or not isinstance(value, dict):
        return value
    return {inner: value[inner] for inner in value if inner not in _INSIDE[key]}


def their_call(call: dict[str, Any]) -> dict[str, Any]:
    """The same back, in the shape of OpenAI; as it is where that would not be read as it was."""
    if not _has_strings(call, "id", "name", "arguments", "type") or not _has_plain_rest(call):
        return call
    inner = {"name": call["name"], "arguments": call["arguments"], **call.get("function", {})}
    rest = {key: call[key] for key in call if key not in ("id", "name", "arguments", "type", "function")}
    return {"id": call["id"], "type": call["type"], "function": inner, **rest}


def _has_plain_rest(call: dict[str, Any]) -> bool:
    if not call["type"] or "custom" in call:
        return False
    function = call.get("function", {"of": "nothing"})
    return isinstance(function, dict) and bool(function) and not _INSIDE["function"] & function.keys()


def _has_strings(call: dict[str, Any], *keys: str) -> bool:
    return all(isinstance(call.get(key), str) for key in keys)
