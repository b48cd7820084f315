"""Appending: one statement in the ordinary case, a look under the lock in the odd ones.

The statement (``numbering.write``) writes nothing when something must be seen to first. Then ``_with_care`` locks
the conversation and looks, with statements that begin after the lock was granted and so see what others committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connections, transaction

from ..exceptions import ConflictingAppend, ConversationGone, ForeignParent
from . import draft, numbering, streaming, tool_calls

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message, MessageQuerySet

TAIL = 64  # messages; the last user or assistant turn, behind which calls may be open, is nearly always in it
HEAD: Any = object()  # as a parent: whatever the head is when the number is given


def append(
    conversation: Conversation, messages: Sequence[Message], given: Sequence[set[str]], parent: Any = HEAD
) -> list[Message]:
    """Store unsaved messages, one answering the other, the first answering ``parent``: a message, None for a new
    root, or HEAD. ``given`` says for each which values came from the caller: those that a message stored under
    the same external_id must agree with. Returns the stored rows, in order."""
    if not messages:
        return []
    keys = [message.external_id for message in messages if message.external_id]
    if parent is HEAD and not (keys and connections[database_of(conversation)].in_atomic_block):
        try:
            if _at_the_head(conversation, messages, keys):
                return list(messages)
        except IntegrityError:
            if not keys:
                raise  # otherwise: the same external_id arrived from elsewhere at this moment
    return _with_care(conversation, messages, given, parent)


def close_open_calls(conversation: Conversation) -> list[Message]:
    with transaction.atomic(using=database_of(conversation)):
        opens = lock(conversation).open_tool_calls
        rows = [interrupted(conversation, call) for call in opens]
        if rows:
            numbering.write(conversation, rows, expected=opens, opens=[], at_head=True)
    return rows


def database_of(conversation: Conversation) -> str:
    """Where the row came from; a conversation that was never saved has nowhere to append to."""
    if conversation._state.db is None:
        raise ConversationGone(conversation=conversation.pk)
    return conversation._state.db


def lock(conversation: Conversation) -> Conversation:
    """The row as it is now, and stays until the transaction ends."""
    model = type(conversation)
    rows = model._base_manager.using(database_of(conversation)).select_for_update(no_key=True)
    try:
        return rows.get(pk=conversation.pk)
    except model.DoesNotExist:
        raise ConversationGone(conversation=conversation.pk) from None


def own(conversation: Conversation, message: Message) -> Any:
    """The id of a message that lies in this conversation."""
    if not messages_of(conversation).filter(pk=message.pk).exists():
        raise ForeignParent(message=message.pk, conversation=conversation.pk)
    return message.pk


def messages_of(conversation: Conversation) -> MessageQuerySet:
    model = conversation.messages.model
    return model._default_manager.using(database_of(conversation)).in_conversation(conversation)  # type: ignore[attr-defined,no-any-return]


def open_at(conversation: Conversation, message_id: Any) -> list[str]:
    """The open tool calls of the path to a message."""
    if message_id is None:
        return []
    path = messages_of(conversation).path(to=message_id, last=TAIL)
    tail = list(path.only("role", "tool_calls", "tool_call_id", "parts"))
    if len(tail) == TAIL and not any(turn.role in ("user", "assistant") for turn in tail):
        tail = list(messages_of(conversation).path(to=message_id))
    return tool_calls.open_calls(tail)


def _at_the_head(conversation: Conversation, messages: Sequence[Message], keys: list[str]) -> bool:
    expected = conversation.open_tool_calls
    rows, opens = _closing_first(messages, expected)
    return numbering.write(conversation, rows, expected=expected, opens=opens, keys=keys, at_head=True)


def _with_care(
    conversation: Conversation, messages: Sequence[Message], given: Sequence[set[str]], parent: Any
) -> list[Message]:
    with transaction.atomic(using=database_of(conversation)):
        locked = lock(conversation)
        stored = _stored(conversation, messages, given)
        fresh = [message for message in messages if message.pk not in stored]
        if fresh:
            streaming.fail_dead(messages_of(conversation))
            _at(conversation, locked, fresh, parent)
    return [stored.get(message.pk, message) for message in messages]


def _at(conversation: Conversation, locked: Conversation, messages: list[Message], parent: Any) -> None:
    if parent is HEAD:
        parent_id = locked.head_id
    else:
        parent_id = None if parent is None else own(conversation, parent)
    expected = locked.open_tool_calls
    opens = expected if parent_id == locked.head_id else open_at(conversation, parent_id)
    rows, opens = _closing_first(messages, opens)
    numbering.write(conversation, rows, expected=expected, opens=opens, at_head=False, parent_id=parent_id)


def _closing_first(messages: Sequence[Message], opens: list[str]) -> tuple[list[Message], list[str]]:
    """The messages with the results that must stand before them, so that no tool call stays open behind a turn,
    and what is open in the end."""
    rows: list[Message] = []
    for message in messages:
        if message.role in ("user", "assistant"):
            rows += [interrupted(message.conversation, call) for call in opens]
        rows.append(message)
        opens = tool_calls.open_after(opens, message)
    return rows, opens


def interrupted(conversation: Conversation, call: str) -> Message:
    """The result of a call that never got one."""
    return draft.draft(conversation, "tool", tool_calls.INTERRUPTED, tool_call_id=call, status="cancelled")


def _stored(
    conversation: Conversation, messages: Sequence[Message], given: Sequence[set[str]]
) -> dict[Any, Message]:
    """What already stands under the external ids of these messages, by the ids of these messages."""
    keys = {message.external_id for message in messages if message.external_id}
    rows = messages_of(conversation).filter(external_id__in=keys) if keys else ()
    first = {row.external_id: row for row in rows}
    stored = {}
    for message, said in zip(messages, given, strict=True):
        row = first.setdefault(message.external_id, message) if message.external_id else message
        if row is not message:
            _refuse_conflict(conversation, message, row, said)
            stored[message.pk] = row
    return stored


def _refuse_conflict(conversation: Conversation, message: Message, row: Message, said: set[str]) -> None:
    different = draft.differences(message, row, said)
    if different:
        raise ConflictingAppend(
            external_id=message.external_id,
            conversation=conversation.pk,
            sequence_number=row.sequence_number or "in the same call",
            differences=", ".join(different),
        )
