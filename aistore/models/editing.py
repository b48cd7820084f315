"""Editing one message: nothing is lost, and nobody overwrites what he has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import router, transaction

from .. import statements
from ..exceptions import ConversationGone, InvalidMessage, MessageGone, StaleEdit
from ..fields import escape, json_text, uuid7
from . import appending, draft, streaming, telling, tool_calls

if TYPE_CHECKING:
    from .draft import Draft
    from .message import Message

ANY: Any = object()  # edit whatever is there now

# Writes nothing when somebody has edited since, when the parts or the calls are others than the caller knows, or
# when a stream still writes the text.
EDIT = """
WITH conversation AS MATERIALIZED (
    SELECT id FROM aistore_conversation WHERE id = %s FOR NO KEY UPDATE
), before AS MATERIALIZED (
    SELECT m.id, content, parts, greatest(clock_timestamp(), edited_at + interval '1 microsecond') AS now
    FROM conversation JOIN aistore_message AS m ON m.conversation_id = conversation.id
    WHERE m.id = %s AND (%s OR edited_at IS NOT DISTINCT FROM %s::timestamptz)
      AND parts = %s::jsonb AND tool_calls = %s::jsonb AND status <> 'streaming'
    FOR NO KEY UPDATE OF m
), kept AS (
    INSERT INTO aistore_messagerevision (id, message_id, content, parts, replaced_at)
    SELECT %s, id, content, parts, now FROM before
)
UPDATE aistore_message AS m
SET content = %s, parts = %s::jsonb, tool_calls = %s::jsonb, edited_at = before.now
FROM before
WHERE m.id = before.id
RETURNING m.edited_at"""


RATE = """
WITH conversation AS MATERIALIZED (
    SELECT id FROM aistore_conversation WHERE id = %s FOR NO KEY UPDATE
)
UPDATE aistore_message AS m
SET rating = %s, rating_comment = %s
FROM conversation
WHERE m.id = %s AND m.conversation_id = conversation.id
RETURNING true"""


def edit(message: Message, content: str, *, parts: list[dict[str, Any]] | None, expected: Any) -> None:
    """Mostly one statement."""
    edited, edited_at = _edited(message, content, parts), None
    if tool_calls.opened_by(edited) == tool_calls.opened_by(message):
        edited_at = _replace(message, edited, expected)
    if edited_at is None:
        edited, edited_at = _with_care(message, content, parts, expected)
    message.content, message.parts, message.tool_calls = edited.content, edited.parts, edited.tool_calls
    message.edited_at = edited_at
    telling.messages_changed(_database_of(message), [message.conversation_id])


def rate(message: Message, rating: int | None, comment: str) -> None:
    draft.draft(message.role, rating=rating, rating_comment=comment)  # refuses wrong values
    using = _database_of(message)
    parameters = [message.conversation_id, rating, escape(comment), message.pk]
    if not statements.fetch_one(using, RATE, parameters):
        raise MessageGone(message=message.pk)
    message.rating, message.rating_comment = rating, comment
    telling.messages_changed(using, [message.conversation_id])


def _database_of(message: Message) -> str:
    if message._state.db is None:
        raise MessageGone(message=message.pk)
    return router.db_for_write(type(message), instance=message)


def _edited(message: Message, content: Any, parts: list[dict[str, Any]] | None) -> Draft:
    if parts is not None or isinstance(content, list):
        return draft.draft(message.role, content, parts=parts)
    edited = draft.draft(message.role, content)
    edited.parts, edited.tool_calls = _with_text(message.parts, edited.content), message.tool_calls
    return edited


def _replace(message: Message, edited: Draft, expected: Any) -> Any:
    parameters = [
        *(message.conversation_id, message.pk, expected is ANY, None if expected is ANY else expected),
        *(
            json_text(message.parts, where="parts"),
            json_text(message.tool_calls, where="tool_calls"),
            uuid7(),
        ),
        *(escape(edited.content), json_text(edited.parts, where="parts")),
        json_text(edited.tool_calls, where="tool_calls"),
    ]
    stored = statements.fetch_one(_database_of(message), EDIT, parameters)
    return stored and stored[0]


def _with_care(message: Message, content: str, parts: Any, expected: Any) -> tuple[Draft, Any]:
    """For an instance that is behind, and for calls that come or go: what is open at the head may be others then."""
    using = _database_of(message)
    with transaction.atomic(using=using):
        try:
            conversation = appending.lock(message.conversation)
            streaming.fail_dead(appending.messages_of(conversation))
            row = type(message)._base_manager.using(using).select_for_update(no_key=True).get(pk=message.pk)
        except (ObjectDoesNotExist, ConversationGone):
            raise MessageGone(message=message.pk) from None
        if row.status == "streaming":
            raise InvalidMessage(
                why="a stream still writes its text", remedy="Edit it when the stream has ended."
            )
        if expected is not ANY and row.edited_at != expected:
            raise StaleEdit(message=row.pk, edited_at=row.edited_at, expected=expected or "never edited")
        edited = _edited(row, content, parts)
        edited_at = _replace(row, edited, ANY)
        opens = appending.open_at(conversation, conversation.head_id)
        if opens != conversation.open_tool_calls:
            conversation.open_tool_calls = opens
            conversation.save(update_fields=["open_tool_calls", "updated_at"], using=using)
    return edited, edited_at


def _with_text(parts: list[dict[str, Any]], content: str) -> list[dict[str, Any]]:
    """The parts with this text in place of the first text, and without the other texts."""
    kept: list[dict[str, Any]] = []
    placed = False
    for part in parts:
        if part.get("type") != "text":
            kept.append(part)
        elif not placed:
            kept.append({**part, "text": content})
            placed = True
    return kept if placed or not parts or not content else [*kept, {"type": "text", "text": content}]
