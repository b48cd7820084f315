"""Which messages of a conversation are on a page: a window on one branch.

A conversation is a tree, a page shows a piece of one line through it. All of it is found inside PostgreSQL, in one
statement; what comes back is the page.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from ..fields import json_value
from ..models import Conversation, Message

PAGE = 50  # messages
ABOVE = 10  # of them above the one that is asked for; the others below it
# Of one message. What is longer would make a page that no browser scrolls; the whole is a click away.
MOST_CHARACTERS = 200_000
MOST_JSON_BYTES = 300_000
MOST_REVISIONS = 20  # of one message; the newest
MOST_FILES = 50  # of one message, and of the conversation

GIVEN_TIP = "tip (id) AS (SELECT %(tip)s::uuid)"

# The tip of the branch through a message: the head if the message is on the way to it, otherwise the newest
# answer to the newest answer, and so on, below the message. NULL if there is no such message.
TIP_THROUGH = """
    chosen (id) AS (
        SELECT id FROM aistore_message WHERE conversation_id = %(conversation)s AND sequence_number = %(at)s
    ),
    active (id, parent_id, step) AS (
        SELECT id, parent_id, 0 FROM aistore_message WHERE id = %(tip)s
      UNION ALL
        SELECT above.id, above.parent_id, active.step + 1
        FROM active
        JOIN aistore_message AS above ON above.id = active.parent_id
        WHERE active.step < %(most_steps)s
    ),
    below (id, step) AS (
        SELECT id, 0 FROM chosen
      UNION ALL
        SELECT newest.id, below.step + 1
        FROM below
        CROSS JOIN LATERAL (
            SELECT child.id FROM aistore_message AS child
            WHERE child.parent_id = below.id
            ORDER BY child.sequence_number DESC
            LIMIT 1
        ) AS newest
        WHERE below.step < %(most_steps)s
    ),
    tip (id) AS (
        SELECT CASE
            WHEN EXISTS (SELECT FROM active JOIN chosen USING (id)) THEN %(tip)s::uuid
            ELSE (SELECT id FROM below ORDER BY step DESC LIMIT 1)
        END
    )"""

# The messages from the tip upwards, by steps; then those in the window, with the numbers of their siblings (all that
# answer the same message, themselves included), their files and what edits have replaced. The walk is bounded, because
# nothing keeps raw SQL from joining messages to a circle. A child lies in the conversation of its parent, so only the
# roots need to ask for theirs.
WINDOW = """
    WITH RECURSIVE {tip},
    path (id, parent_id, sequence_number, step) AS (
        SELECT id, parent_id, sequence_number, 0
        FROM aistore_message
        WHERE conversation_id = %(conversation)s AND id = (SELECT id FROM tip)
      UNION ALL
        SELECT above.id, above.parent_id, above.sequence_number, path.step + 1
        FROM path
        JOIN aistore_message AS above ON above.id = path.parent_id
        WHERE path.step < %(most_steps)s
    ),
    lowest (step) AS (
        SELECT greatest(step + %(offset)s, 0)
        FROM path
        WHERE %(anchor)s::integer IS NULL OR sequence_number = %(anchor)s::integer
        ORDER BY step
        LIMIT 1
    )
    SELECT
        message.id, message.conversation_id, message.sequence_number, message.parent_id,
        message.role, message.tool_call_id, message.name, message.model, message.status,
        message.finish_reason, message.is_hidden, message.input_tokens, message.output_tokens,
        message.cost, message.rating, message.rating_comment, message.created_at, message.edited_at,
        left(message.content, %(most_characters)s) AS content,
        char_length(message.content) AS content_length,
        CASE WHEN octet_length(message.parts::text) <= %(most_bytes)s THEN message.parts END AS parts,
        CASE WHEN octet_length(message.tool_calls::text) <= %(most_bytes)s THEN message.tool_calls END
            AS tool_calls,
        path.step,
        (SELECT id FROM tip) AS tip_id,
        CASE WHEN message.parent_id IS NULL
            THEN ARRAY(
                SELECT root.sequence_number FROM aistore_message AS root
                WHERE root.conversation_id = %(conversation)s AND root.parent_id IS NULL
                ORDER BY root.sequence_number
            )
            ELSE ARRAY(
                SELECT sibling.sequence_number FROM aistore_message AS sibling
                WHERE sibling.parent_id = message.parent_id
                ORDER BY sibling.sequence_number
            )
        END AS siblings,
        (
            SELECT jsonb_agg(to_jsonb(file)) FROM (
                SELECT id, name, content_type, size, status
                FROM aistore_upload
                WHERE message_id = message.id
                ORDER BY created_at, id
                LIMIT %(most_files)s
            ) AS file
        ) AS files,
        (
            SELECT jsonb_agg(to_jsonb(file)) FROM (
                SELECT id, name, content_type, size, status
                FROM aistore_upload
                WHERE conversation_id = %(conversation)s AND message_id IS NULL AND path.step = lowest.step
                ORDER BY created_at, id
                LIMIT %(most_files)s
            ) AS file
        ) AS loose_files,
        (
            SELECT jsonb_agg(to_jsonb(revision)) FROM (
                SELECT
                    left(content, %(most_characters)s) AS content,
                    char_length(content) AS length,
                    CASE WHEN octet_length(parts::text) <= %(most_bytes)s THEN parts END AS parts,
                    replaced_at
                FROM aistore_messagerevision
                WHERE message_id = message.id AND message.edited_at IS NOT NULL
                ORDER BY replaced_at DESC, id DESC
                LIMIT %(most_revisions)s
            ) AS revision
        ) AS replaced
    FROM lowest
    JOIN path ON path.step >= lowest.step AND path.step < lowest.step + %(page)s
    JOIN aistore_message AS message ON message.id = path.id
    ORDER BY path.step DESC
"""


@dataclass(frozen=True)
class Place:
    """Where somebody wants to read: sequence numbers of messages, or None.

    ``at``: the branch through this message, and the page with it. ``before`` and ``after``: the page that
    ends, or begins, next to this message.
    """

    at: int | None = None
    before: int | None = None
    after: int | None = None

    @property
    def anchor(self) -> int | None:
        return self.before or self.after or self.at

    @property
    def offset(self) -> int:
        """Steps from the anchor towards the root, at which the window begins with its lowest message."""
        if self.before:
            return 1
        if self.after:
            return -PAGE
        return ABOVE + 1 - PAGE if self.at else 0


@dataclass(frozen=True)
class Window:
    """``messages`` carry more attributes: ``content_length``, ``step``, ``siblings``, and as lists of dicts ``files``
    and ``replaced``; and None for ``parts`` or ``tool_calls`` that are too long."""

    messages: list[Any]
    is_active: bool  # the branch is the one to the head
    has_earlier: bool
    has_later: bool
    loose_files: list[dict[str, Any]]  # of the conversation, at no message


class NoSuchPlace(LookupError):
    """No message with this number is on the branch."""


def window(conversation: Conversation, place: Place) -> Window:
    head = _head(conversation)
    messages = _messages(conversation, head, place)
    if place.anchor and not messages:
        raise NoSuchPlace
    return Window(
        messages,
        is_active=not messages or messages[0].tip_id == head,
        has_earlier=bool(messages) and messages[0].parent_id is not None,
        has_later=bool(messages) and messages[-1].step > 0,
        loose_files=messages[-1].loose_files if messages else [],
    )


def _head(conversation: Conversation) -> uuid.UUID | None:
    """The head; for rows that something else has stored without one, the newest message."""
    if conversation.head_id or not conversation.message_count:
        return conversation.head_id
    messages = Message.objects.using(conversation._state.db).filter(conversation=conversation)
    return messages.order_by("-sequence_number").values_list("pk", flat=True).first()


def _messages(conversation: Conversation, head: uuid.UUID | None, place: Place) -> list[Any]:
    parameters = {
        "conversation": conversation.pk,
        "tip": head,
        "at": place.at,
        "anchor": place.anchor,
        "offset": place.offset,
        "page": PAGE,
        # without an anchor the page is the end of the branch, and no more of it is walked
        "most_steps": conversation.message_count if place.anchor else PAGE,
        "most_characters": MOST_CHARACTERS,
        "most_bytes": MOST_JSON_BYTES,
        "most_files": MOST_FILES,
        "most_revisions": MOST_REVISIONS,
    }
    statement = WINDOW.format(tip=TIP_THROUGH if place.at else GIVEN_TIP)
    found = list(Message.objects.using(conversation._state.db).raw(statement, parameters))
    for message in found:
        for name in ("files", "loose_files", "replaced"):
            setattr(message, name, json_value(getattr(message, name) or "[]"))
    return found
