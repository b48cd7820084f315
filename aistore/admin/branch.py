"""Which messages of a conversation are on a page: a window on one branch.

A conversation is a tree, a page shows a piece of one line through it. All of it is found inside PostgreSQL; what
comes back is the page.
"""

import uuid
from dataclasses import dataclass

from django.db import connections

from ..models import Conversation, Message

PAGE = 100  # messages
ABOVE = 10  # of them above the one that is asked for; the others below it
# Of one message. What is longer would make a page that no browser scrolls; the rest is told by its length.
MOST_CHARACTERS = 200_000
MOST_JSON_BYTES = 1_000_000

# The messages from the tip upwards, by steps; then those in the window, with the numbers of their siblings (all that
# answer the same message, themselves included). The walk is bounded, because nothing keeps raw SQL from joining
# messages to a circle. A child lies in the conversation of its parent, so only the roots need to ask for theirs.
WINDOW = """
    WITH RECURSIVE path (id, parent_id, sequence_number, step) AS (
        SELECT id, parent_id, sequence_number, 0
        FROM aistore_message
        WHERE conversation_id = %(conversation)s AND id = %(tip)s
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
        END AS siblings
    FROM lowest
    JOIN path ON path.step >= lowest.step AND path.step < lowest.step + %(page)s
    JOIN aistore_message AS message ON message.id = path.id
    ORDER BY path.step DESC
"""

# The tip of the branch through a message: the head if the message is on the way to it, otherwise the newest
# answer to the newest answer, and so on, below the message. NULL if there is no such message.
TIP = """
    WITH RECURSIVE chosen (id) AS (
        SELECT id FROM aistore_message WHERE conversation_id = %(conversation)s AND sequence_number = %(at)s
    ),
    active (id, parent_id, step) AS (
        SELECT id, parent_id, 0 FROM aistore_message WHERE id = %(head)s
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
    )
    SELECT CASE
        WHEN EXISTS (SELECT FROM active JOIN chosen USING (id)) THEN %(head)s::uuid
        ELSE (SELECT id FROM below ORDER BY step DESC LIMIT 1)
    END
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
    """``messages`` carry three more attributes: ``content_length``, ``step`` and ``siblings``, and None for
    ``parts`` or ``tool_calls`` that are too long."""

    messages: list[Message]
    is_active: bool  # the branch is the one to the head
    has_earlier: bool
    has_later: bool


class NoSuchPlace(LookupError):
    """No message with this number is on the branch."""


def window(conversation: Conversation, place: Place) -> Window:
    tip = _tip(conversation, place.at) if place.at else _head(conversation)
    messages = _messages(conversation, tip, place)
    if place.anchor and not messages:
        raise NoSuchPlace
    return Window(
        messages,
        is_active=not place.at or tip == conversation.head_id,
        has_earlier=bool(messages) and messages[0].parent_id is not None,
        has_later=bool(messages) and messages[-1].step > 0,  # type: ignore[attr-defined]
    )


def _head(conversation: Conversation) -> uuid.UUID | None:
    """The head; for rows that something else has stored without one, the newest message."""
    if conversation.head_id or not conversation.message_count:
        return conversation.head_id
    messages = Message.objects.using(conversation._state.db).filter(conversation=conversation)
    return messages.order_by("-sequence_number").values_list("pk", flat=True).first()


def _tip(conversation: Conversation, at: int) -> uuid.UUID | None:
    parameters = {
        "conversation": conversation.pk,
        "head": conversation.head_id,
        "at": at,
        "most_steps": conversation.message_count,
    }
    with connections[conversation._state.db or "default"].cursor() as cursor:
        cursor.execute(TIP, parameters)
        (tip,) = cursor.fetchone()
    if tip is None:
        raise NoSuchPlace
    return tip


def _messages(conversation: Conversation, tip: uuid.UUID | None, place: Place) -> list[Message]:
    parameters = {
        "conversation": conversation.pk,
        "tip": tip,
        "anchor": place.anchor,
        "offset": place.offset,
        "page": PAGE,
        # without an anchor the page is the end of the branch, and no more of it is walked
        "most_steps": conversation.message_count if place.anchor else PAGE,
        "most_characters": MOST_CHARACTERS,
        "most_bytes": MOST_JSON_BYTES,
    }
    return list(Message.objects.using(conversation._state.db).raw(WINDOW, parameters))
