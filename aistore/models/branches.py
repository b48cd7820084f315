"""Branches: the path to a message, another head, a fork. All of it walks ``parent`` inside PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.expressions import RawSQL

from .. import statements
from ..exceptions import ForeignParent
from ..fields import escape, uuid7
from . import appending, telling

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message

# One index look-up a step, newest first, so the last 50 cost the same in a conversation of any length. A parent is
# always older; where SQL of somebody else has made a circle, the walk ends instead of going round for ever.
WALK = """
WITH RECURSIVE path (id, parent_id, number, steps) AS (
    SELECT id, parent_id, sequence_number, 1 FROM aistore_message WHERE id = {start} AND conversation_id = %s
    UNION ALL
    SELECT m.id, m.parent_id, m.sequence_number, path.steps + 1
    FROM path JOIN aistore_message AS m ON m.id = path.parent_id AND m.sequence_number < path.number
    WHERE path.steps < %s
)"""
TO_THE_HEAD = "(SELECT head_id FROM aistore_conversation WHERE id = %s)"
WHOLE = 2**31 - 1  # steps

# A UUIDv7 for servers before 18, which has uuidv7(): 48 bits of time, then chance.
UUID7 = """encode(set_byte(b, 6, (get_byte(b, 6) & 15) | 112), 'hex')::uuid
    FROM (SELECT overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(
          (extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6) AS b WHERE m.id = m.id) AS u"""

COPIED = (
    "role, content, parts, tool_calls, tool_call_id, name, model, finish_reason, is_hidden, input_tokens,"
)
COPIED += " output_tokens, cost, usage, rating, rating_comment, metadata, created_at, edited_at"
# One statement, so one moment: nobody waits for a fork, and it waits for nobody.
FORK = """{walk}, copied AS MATERIALIZED (
    SELECT m.*, row_number() OVER (ORDER BY m.sequence_number) AS number, (SELECT {uuid7}) AS new_id
    FROM path JOIN aistore_message AS m ON m.id = path.id
), last AS (
    SELECT id, new_id, number FROM copied ORDER BY number DESC LIMIT 1
), conversation AS (
    INSERT INTO aistore_conversation (
        id, owner_id, title, model, system_prompt, tags, is_pinned, is_archived, metadata, source, external_id,
        message_count, head_id, open_tool_calls, created_at, updated_at, last_message_at)
    SELECT %s, owner_id, coalesce(%s, title), model, system_prompt, tags, false, false,
           metadata || jsonb_build_object('forked_from', jsonb_build_object('conversation', c.id, 'message', last.id)),
           '', '', coalesce(last.number, 0), last.new_id, '{{}}',
           clock_timestamp(), clock_timestamp(), coalesce((SELECT max(created_at) FROM copied), clock_timestamp())
    FROM aistore_conversation AS c LEFT JOIN last ON true
    WHERE c.id = %s AND (%s OR last.id IS NOT NULL)
    RETURNING id, owner_id
), stored AS (
    INSERT INTO aistore_message (
        id, conversation_id, owner_id, sequence_number, parent_id, external_id, status, {copied})
    SELECT copied.new_id, conversation.id, conversation.owner_id, number, lag(copied.new_id) OVER (ORDER BY number), '',
           CASE status WHEN 'streaming' THEN 'incomplete' ELSE status END, {copied}
    FROM copied, conversation
)
SELECT id FROM conversation"""
FORK_AT = FORK.format(walk=WALK.format(start="%s"), uuid7=UUID7, copied=COPIED)
FORK_AT_THE_HEAD = FORK.format(walk=WALK.format(start=TO_THE_HEAD), uuid7=UUID7, copied=COPIED)


def on_path(conversation_id: Any, *, to: Any = None, last: int | None = None) -> RawSQL:
    """The ids of the path to the message ``to`` (default: the head), the ``last`` ones only."""
    steps = WHOLE if last is None else last
    if to is None:
        sql = WALK.format(start=TO_THE_HEAD)
        return RawSQL(f"{sql} SELECT id FROM path", [conversation_id, conversation_id, steps])
    return RawSQL(f"{WALK.format(start='%s')} SELECT id FROM path", [to, conversation_id, steps])


def checkout(conversation: Conversation, message: Message) -> None:
    using = appending.database_of(conversation)
    with transaction.atomic(using=using):
        appending.lock(conversation)
        head_id = appending.own(conversation, message)
        opens = appending.open_at(conversation, head_id)
        conversation.head_id, conversation.open_tool_calls = head_id, opens
        conversation.save(update_fields=["head", "open_tool_calls", "updated_at"], using=using)


def fork(conversation: Conversation, *, at: Message | None, title: str | None) -> Conversation:
    using = appending.database_of(conversation)
    sql, start = (FORK_AT_THE_HEAD, conversation.pk) if at is None else (FORK_AT, at.pk)
    new_title = None if title is None else escape(title)
    parameters = [start, conversation.pk, WHOLE, uuid7(), new_title, conversation.pk, at is None]
    rows = type(conversation)._base_manager.using(using)
    with transaction.atomic(using=using):
        made = statements.fetch_one(using, sql, parameters)
        if made is None:
            appending.lock(conversation)  # raises where it is the conversation that is not there
            raise ForeignParent(message=at and at.pk, conversation=conversation.pk)
        forked = rows.get(pk=made[0])
        forked.open_tool_calls = appending.open_at(forked, forked.head_id)
        if forked.open_tool_calls:
            forked.save(update_fields=["open_tool_calls"], using=using)
    telling.conversations_changed(using, [(forked.pk, forked.owner_id)])
    return forked
