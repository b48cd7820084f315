"""Writes our lines: reading them gives the same rows again, and writing those the same bytes."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

import msgspec

from ..models.conversation import Conversation
from ..models.message import Message
from ..models.revision import MessageRevision
from .jsonl_shape import KEYS, MESSAGE_KEYS, their_call, without_rest
from .loading import Loaded


def write(conversations: Iterable[Loaded], file: IO[bytes]) -> None:
    for each in conversations:
        file.write(_encoded(_line(each)) + b"\n")


def _line(each: Loaded) -> dict[str, Any]:
    conversation, messages = each.conversation, each.messages
    metadata, rest = without_rest(conversation.metadata, KEYS)
    numbers: dict[Any, int] = {message.pk: message.sequence_number for message in messages}
    branches = not _is_straight(conversation, messages)
    return {
        "id": conversation.external_id or str(conversation.pk),
        "title": conversation.title,
        "source": conversation.source,
        **_set(model=conversation.model, system_prompt=conversation.system_prompt, tags=conversation.tags),
        **_set(pinned=conversation.is_pinned, archived=conversation.is_archived, branches=branches),
        **({"active": numbers.get(conversation.head_id)} if branches else {}),
        "created_at": _time(conversation.created_at),
        "updated_at": _time(conversation.updated_at),
        "last_message_at": _time(conversation.last_message_at),
        **rest,
        **_set(metadata=metadata),
        "messages": [
            {
                **_place(message, numbers if branches else None),
                **_said(message, each.revisions.get(message.pk, ())),
            }
            for message in messages
        ],
    }


def _is_straight(conversation: Conversation, messages: Sequence[Message]) -> bool:
    """Each answers the one before, and the last one is the head: then nobody needs numbers."""
    above = None
    for message in messages:
        if message.parent_id != above:
            return False
        above = message.pk
    return conversation.head_id == above


def _place(message: Message, numbers: dict[Any, int] | None) -> dict[str, Any]:
    external_id = message.external_id or str(message.pk)
    place: dict[str, Any] = {} if external_id == str(message.sequence_number) else {"id": external_id}
    if numbers is None:
        return place
    return {**place, "n": message.sequence_number, "parent": numbers.get(message.parent_id)}


def _said(message: Message, revisions: Sequence[MessageRevision]) -> dict[str, Any]:
    metadata, rest = without_rest(message.metadata, MESSAGE_KEYS)
    return {
        "role": message.role,
        **_set(name=message.name, model=message.model),
        "content": message.content,
        **_set(parts=message.parts),
        **_calls(message),
        **_set(tool_call_id=message.tool_call_id),
        **({} if message.status == "complete" else {"status": message.status}),
        **_set(finish_reason=message.finish_reason, hidden=message.is_hidden),
        **_counts(message),
        **_set(rating=message.rating, rating_comment=message.rating_comment),
        "created_at": _time(message.created_at),
        **({} if message.edited_at is None else {"edited_at": _time(message.edited_at)}),
        **_set(revisions=[_revision(revision) for revision in revisions]),
        **rest,
        **_set(metadata=metadata),
    }


def _set(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _calls(message: Message) -> dict[str, Any]:
    """Without the key, a reader would take the calls from the parts."""
    if message.tool_calls or any(part.get("type") == "tool_call" for part in message.parts):
        return {"tool_calls": [their_call(call) for call in message.tool_calls]}
    return {}


def _counts(message: Message) -> dict[str, Any]:
    """Without these keys, a reader would take them from the usage."""
    counts = {
        "input_tokens": message.input_tokens,
        "output_tokens": message.output_tokens,
        "cost": None if message.cost is None else _plain(message.cost),
    }
    if message.usage:
        return {**counts, "usage": message.usage}
    return {name: count for name, count in counts.items() if count is not None}


def _revision(revision: MessageRevision) -> dict[str, Any]:
    replaced_at = _time(revision.replaced_at)
    return {"replaced_at": replaced_at, "content": revision.content, **_set(parts=revision.parts)}


def _time(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _plain(cost: Decimal) -> str:
    return f"{cost:f}"


def _encoded(line: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:  # lone surrogates
        return json.dumps(line, separators=(",", ":")).encode()
