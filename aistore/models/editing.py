"""Editing one message: nothing is lost, and nobody overwrites what he has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import statements
from ..exceptions import ConversationGone, StaleEdit
from ..fields import escape, json_text, uuid7
from . import draft, telling

if TYPE_CHECKING:
    from .message import Message

ANY: Any = object()  # edit whatever is there now

# The message is locked first; the conversation is not touched, so an edit never makes an append wait.
EDIT = """
WITH before AS MATERIALIZED (
    SELECT id, content, parts, greatest(clock_timestamp(), edited_at + interval '1 microsecond') AS now
    FROM aistore_message
    WHERE id = %s AND (%s OR edited_at IS NOT DISTINCT FROM %s::timestamptz)
    FOR NO KEY UPDATE
), kept AS (
    INSERT INTO aistore_messagerevision (id, message_id, content, parts, replaced_at)
    SELECT %s, id, content, parts, now FROM before
)
UPDATE aistore_message AS m
SET content = %s, parts = %s::jsonb, tool_calls = %s::jsonb, edited_at = before.now
FROM before
WHERE m.id = before.id
RETURNING m.edited_at"""


def edit(message: Message, content: str, *, parts: list[dict[str, Any]] | None, expected: Any) -> None:
    given = {"parts": _with_text(message.parts, content) if parts is None else parts}
    if not any(part.get("type") == "tool_call" for part in given["parts"]):
        given["tool_calls"] = message.tool_calls if parts is None else []
    new = draft.draft(message.role, content, **given)
    stored = statements.fetch_one(
        message._state.db or "",
        EDIT,
        [
            *(message.pk, expected is ANY, None if expected is ANY else expected, uuid7()),
            *(escape(new.content), json_text(new.parts, where="parts")),
            json_text(new.tool_calls, where="tool_calls"),
        ],
    )
    if stored is None:
        raise _why_not(message, expected)
    message.content, message.parts, message.tool_calls = new.content, new.parts, new.tool_calls
    message.edited_at = stored[0]
    telling.messages_changed(message._state.db or "", [message.conversation_id])


def rate(message: Message, rating: int | None, comment: str) -> None:
    draft.draft(
        message.conversation, message.role, rating=rating, rating_comment=comment
    )  # refuses wrong values
    message.rating, message.rating_comment = rating, comment
    message.save(update_fields=["rating", "rating_comment"])


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
    return kept if placed or not parts else [*kept, {"type": "text", "text": content}]


def _why_not(message: Message, expected: Any) -> Exception:
    now = type(message)._base_manager.using(message._state.db).filter(pk=message.pk).first()
    if now is None:
        return ConversationGone(conversation=message.conversation_id)
    return StaleEdit(message=message.pk, edited_at=now.edited_at, expected=expected or "never edited")
