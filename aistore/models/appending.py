"""Appending: one statement in the ordinary case, a look under the lock in the odd ones.

Note [The conversation first]. Every change of a message changes the state of its conversation, so whoever changes
one needs the locks of both rows. Everybody takes the conversation's first, and those of several in the order of their
ids: the other way round, as a bare UPDATE of a message with the trigger behind it does, it would wait for the writer
who has the conversation and wants the message, and PostgreSQL would end one of the two.

The statement (``numbering.write``) writes nothing when something must be seen to first. Then ``_with_care`` locks
the conversation and looks, with statements that begin after the lock was granted and so see what others committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connections, router, transaction
from django.db.models import QuerySet

from ..exceptions import ConflictingAppend, ConversationGone, ForeignParent
from . import draft, numbering, streaming, tool_calls
from .draft import Draft

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message, MessageQuerySet

TAIL = 64  # messages; the last user or assistant turn, behind which calls may be open, is nearly always in it
HEAD: Any = object()  # as a parent: whatever the head is when the number is given


def append(
    conversation: Conversation, messages: Sequence[Draft], given: Sequence[set[str]], parent: Any = HEAD
) -> list[Message]:
    """Store drafts, one answering the other, the first answering ``parent``: a message, None for a new
    root, or HEAD. ``given`` says for each which values came from the caller: those that a message stored under
    the same external_id must agree with. Returns the stored rows, in order."""
    if not messages:
        return []
    keys = [message.external_id for message in messages if message.external_id]
    if parent is HEAD:
        try:
            with _harmless(conversation, keys):
                stored = _at_the_head(conversation, messages, keys)
            if stored is not None:
                return stored
        except IntegrityError:
            if not keys:
                raise  # otherwise: the same external_id arrived from elsewhere at this moment
    return _with_care(conversation, messages, given, parent)


def close_open_calls(conversation: Conversation) -> list[Message]:
    with transaction.atomic(using=database_of(conversation)):
        opens = lock(conversation).open_tool_calls
        if not opens:
            return []
        streaming.fail_dead(messages_of(conversation))
        return _write(
            conversation, [interrupted(call) for call in opens], expected=opens, opens=[], at_head=True
        )


def database_of(conversation: Conversation) -> str:
    """Where it is written, which with a replica is not where it was read. A conversation that was never saved
    has nowhere to append to."""
    if conversation._state.db is None:
        raise ConversationGone(conversation=conversation.pk)
    return router.db_for_write(type(conversation), instance=conversation)


def lock(conversation: Conversation) -> Conversation:
    """The row as it is now, and stays until the transaction ends."""
    model = type(conversation)
    rows = model._base_manager.using(database_of(conversation)).select_for_update(no_key=True)
    try:
        return rows.get(pk=conversation.pk)
    except model.DoesNotExist:
        raise ConversationGone(conversation=conversation.pk) from None


def lock_all(ids: Any, model: type[Conversation], *, using: str) -> QuerySet[Conversation]:
    """Those with these ids, in their order, locked when they are read. See Note [The conversation first]."""
    rows = model._base_manager.using(using).filter(pk__in=ids)
    return rows.order_by("pk").select_for_update(no_key=True)


def own(conversation: Conversation, message: Message) -> Any:
    """The id of a message that lies in this conversation."""
    if not messages_of(conversation).filter(pk=message.pk).exists():
        raise ForeignParent(message=message.pk, conversation=conversation.pk)
    return message.pk


def messages_of(conversation: Conversation) -> MessageQuerySet:
    model = conversation.messages.model
    return model._default_manager.using(database_of(conversation)).in_conversation(conversation)


def open_at(conversation: Conversation, message_id: Any) -> list[str]:
    """The open tool calls of the path to a message."""
    if message_id is None:
        return []
    path = messages_of(conversation).path(to=message_id, last=TAIL)
    tail = list(path.only("role", "tool_calls", "tool_call_id", "parts"))
    if len(tail) == TAIL and not any(turn.role in ("user", "assistant") for turn in tail):
        tail = list(messages_of(conversation).path(to=message_id))
    return tool_calls.open_calls(tail)


def _harmless(conversation: Conversation, keys: list[str]) -> AbstractContextManager[None]:
    """A savepoint where a clash of keys would break the host's transaction."""
    connection = connections[database_of(conversation)]
    if keys and (connection.in_atomic_block or not connection.get_autocommit()):
        return transaction.atomic(using=connection.alias)
    return nullcontext()


def _at_the_head(
    conversation: Conversation, messages: Sequence[Draft], keys: list[str]
) -> list[Message] | None:
    expected = conversation.open_tool_calls
    rows, opens = closing_first(messages, expected)
    using = database_of(conversation)
    written = numbering.write(
        conversation, rows, using=using, expected=expected, opens=opens, keys=keys, at_head=True
    )
    return written and _only(messages, written)


def _with_care(
    conversation: Conversation, messages: Sequence[Draft], given: Sequence[set[str]], parent: Any
) -> list[Message]:
    with transaction.atomic(using=database_of(conversation)):
        locked = lock(conversation)
        first = _first_under(conversation, messages, given)
        fresh = [message for message in messages if first.get(message.external_id, message) is message]
        written: list[Message] = []
        if fresh:
            streaming.fail_dead(messages_of(conversation))
            written = _at(conversation, locked, fresh, parent)
    by_id = {message.pk: message for message in written}
    found = [first.get(message.external_id, message) for message in messages]
    return [by_id[row.id] if isinstance(row, Draft) else row for row in found]


def _at(
    conversation: Conversation, locked: Conversation, messages: Sequence[Draft], parent: Any
) -> list[Message]:
    if parent is HEAD:
        parent_id = locked.head_id
    else:
        parent_id = None if parent is None else own(conversation, parent)
    expected = locked.open_tool_calls
    opens = expected if parent_id == locked.head_id else open_at(conversation, parent_id)
    rows, opens = closing_first(messages, opens)
    written = _write(conversation, rows, expected=expected, opens=opens, at_head=False, parent_id=parent_id)
    return _only(messages, written)


def _write(conversation: Conversation, rows: Sequence[Draft], **options: Any) -> list[Message]:
    """Under the lock, when dead streams have been seen to: then nothing is in the way."""
    using = database_of(conversation)
    written = numbering.write(conversation, rows, using=using, dead_after=numbering.NEVER, **options)
    if written is None:
        raise ConversationGone(conversation=conversation.pk)
    return written


def _only(messages: Sequence[Draft], written: list[Message]) -> list[Message]:
    """Without the results that were put between."""
    if len(messages) == len(written):
        return written
    wanted = {message.id for message in messages}
    return [message for message in written if message.pk in wanted]


def closing_first(messages: Sequence[Draft], opens: list[str]) -> tuple[list[Draft], list[str]]:
    """The messages with the results that must stand before them, so that no tool call stays open behind a turn,
    and what is open in the end."""
    rows: list[Draft] = []
    for message in messages:
        if message.role in ("user", "assistant"):
            rows += [interrupted(call) for call in opens]
        rows.append(message)
        opens = tool_calls.open_after(opens, message)
    return rows, opens


def interrupted(call: str) -> Draft:
    """The result of a call that never got one."""
    return Draft(role="tool", content=tool_calls.INTERRUPTED, tool_call_id=call, status="cancelled")


def _first_under(
    conversation: Conversation, messages: Sequence[Draft], given: Sequence[set[str]]
) -> dict[str, Message | Draft]:
    """By external id: what stands under it, or will, being the first of these messages that has it."""
    keys = {message.external_id for message in messages if message.external_id}
    rows = messages_of(conversation).filter(external_id__in=keys) if keys else ()
    first: dict[str, Message | Draft] = {row.external_id: row for row in rows}
    for message, said in zip(messages, given, strict=True):
        if message.external_id:
            _refuse_conflict(conversation, message, first.setdefault(message.external_id, message), said)
    return first


def _refuse_conflict(
    conversation: Conversation, message: Draft, row: Message | Draft, said: set[str]
) -> None:
    different = draft.differences(message, row, said)
    if different:
        raise ConflictingAppend(
            external_id=message.external_id,
            conversation=conversation.pk,
            sequence_number=getattr(row, "sequence_number", "in the same call"),
            differences=", ".join(different),
        )
