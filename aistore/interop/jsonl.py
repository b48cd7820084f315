"""JSONL: one conversation a line, every column of it. Our own format, and plain enough to be written by hand.

``{"id", "title", "source", "active", "metadata", "messages": [{"role", "content", "n", "parent", "id", …}], …}``;
the other keys are named like the columns, and what is empty is left out. ``n`` is the number of a message,
``parent`` the n (or id) of the one it answers, ``active`` that of the head; without them the messages are a line.
Tool calls have the shape of OpenAI Chat Completions. Times are ISO 8601, or ``minutes`` after the start of the
conversation.

Keys that are not ours stay in ``metadata["jsonl"]`` of the conversation or message, and go back to their place.
"""

import datetime as dt
import hashlib
import json
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ..exceptions import BadConversation
from ..models import tool_calls, usage
from .canonical import CanonicalConversation, CanonicalMessage, CanonicalRevision
from .jsonl_shape import KEYS, MESSAGE_KEYS, NAME, Line, Message, Revision, line, our_call, with_rest
from .jsonl_writing import write
from .soundness import said, shown

__all__ = ["NAME", "conversation", "recognises", "write"]


def recognises(value: Any) -> bool:
    messages = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(messages, list) or not (messages or "id" in value):
        return False
    return all(isinstance(message, dict) and "role" in message for message in messages[:3])


def conversation(value: Any) -> CanonicalConversation:
    try:
        return _canonical(line(value), value)
    except msgspec.ValidationError as error:
        why = said(error)
    except ValueError as error:
        why = str(error)
    raise BadConversation(conversation=_called(value), why=why)


def _canonical(read: Line, value: dict[str, Any]) -> CanonicalConversation:
    ids = [_external_id(message, place) for place, message in enumerate(read.messages, 1)]
    by_number = _by_number(read.messages, ids)
    started = _time(read.created_at)
    return CanonicalConversation(
        external_id=read.id or _fingerprint(value),
        source=read.source,
        messages=[
            _message(message, given, id, _parent(message, previous, by_number), started)
            for message, given, id, previous in zip(
                read.messages, value["messages"], ids, [None, *ids[:-1]], strict=False
            )
        ],
        head=_referred(read.active, by_number),
        title=read.title or "",
        model=read.model or "",
        system_prompt=read.system_prompt or "",
        tags=read.tags or [],
        is_pinned=read.pinned,
        is_archived=read.archived,
        metadata=with_rest(read.metadata, value, KEYS),
        created_at=started,
        updated_at=_time(read.updated_at),
        last_message_at=_time(read.last_message_at),
    )


def _external_id(message: Message, place: int) -> str:
    return message.id or str(place if message.n is None else message.n)


def _by_number(messages: list[Message], ids: list[str]) -> dict[int, str]:
    by_number: dict[int, str] = {}
    for message, external_id in zip(messages, ids, strict=True):
        if message.n is not None and by_number.setdefault(message.n, external_id) != external_id:
            raise ValueError(f"two different messages have n {message.n}")
    return by_number


def _parent(message: Message, previous: str | None, by_number: dict[int, str]) -> str | None:
    return previous if message.parent is UNSET else _referred(message.parent, by_number)


def _referred(reference: Any, by_number: dict[int, str]) -> str | None:
    """The external id that an n or id stands for."""
    return by_number.get(reference, str(reference)) if isinstance(reference, int) else reference


def _message(
    message: Message, given: dict[str, Any], external_id: str, parent: str | None, started: dt.datetime | None
) -> CanonicalMessage:
    content, parts = _content(message)
    counted = usage.normalised(message.usage) if message.usage else {}
    return CanonicalMessage(
        external_id=external_id,
        role=message.role,
        parent=parent,
        content=content,
        parts=parts,
        tool_calls=_calls(message, parts),
        tool_call_id=message.tool_call_id or "",
        name=message.name or "",
        model=message.model or "",
        status=message.status,
        finish_reason=message.finish_reason or "",
        is_hidden=message.hidden,
        input_tokens=counted.get("input_tokens") if message.input_tokens is UNSET else message.input_tokens,
        output_tokens=counted.get("output_tokens")
        if message.output_tokens is UNSET
        else message.output_tokens,
        cost=counted.get("cost") if message.cost is UNSET else message.cost,
        usage=message.usage or {},
        rating=message.rating,
        rating_comment=message.rating_comment or "",
        metadata=with_rest(message.metadata, given, MESSAGE_KEYS),
        created_at=_time_of(message, started),
        edited_at=_time(message.edited_at),
        revisions=[_revision(revision) for revision in message.revisions],
    )


def _content(message: Message) -> tuple[str, list[dict[str, Any]]]:
    """The text and the parts. Either may stand for both: a list as content is parts, parts alone give the text."""
    if isinstance(message.content, str):
        return message.content, message.parts or []
    if message.content and message.parts:
        raise ValueError("a message has a list as content and parts besides")
    parts = message.content or message.parts or []
    texts = [part.get("text") for part in parts if part.get("type") == "text"]
    return "\n\n".join(text for text in texts if isinstance(text, str)), parts


def _calls(message: Message, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(message.tool_calls, UnsetType):
        return tool_calls.projected(parts) if parts else []
    return [our_call(call) for call in message.tool_calls or ()]


def _revision(revision: Revision) -> CanonicalRevision:
    replaced_at = _parsed(revision.replaced_at)
    return CanonicalRevision(content=revision.content, parts=revision.parts, replaced_at=replaced_at)


def _time_of(message: Message, started: dt.datetime | None) -> dt.datetime | None:
    if message.created_at is not None or message.minutes is None or started is None:
        return _time(message.created_at)
    try:
        return started + dt.timedelta(minutes=message.minutes)
    except (ValueError, OverflowError):
        raise ValueError(f"{message.minutes} minutes after {started} is no time") from None


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else _parsed(text)


def _parsed(text: str) -> dt.datetime:
    """UTC where the text names no time zone."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is no ISO 8601 time") from None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _fingerprint(value: dict[str, Any]) -> str:
    """For a line without an id: the same line again is the same conversation."""
    text = json.dumps(value, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _called(value: Any) -> str:
    return (
        shown(value.get("id") or value.get("title") or "without an id")
        if isinstance(value, dict)
        else shown(value)
    )
