"""The statement that gives numbers and stores rows.

Note [Numbers without gaps]. The conversation's row is the counter. ``UPDATE … message_count + n`` locks it until
the transaction ends, so a number is given to one writer at a time, in the order of commit, and a rollback gives
it back: no gap, never twice, and no other conversation waits. The lock is held for one round trip; "max + 1"
after SELECT … FOR UPDATE holds it for three, and max + 1 without a lock gave 50 duplicates in a short load test.

The old head, which the new message answers, and the time are read by the same statement under the same lock
(``before``): a plain sub-select would see the head as it was when the statement began to wait.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from django.db import connections, transaction

from .. import statements
from ..conf import settings
from . import draft

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message

COPY_FROM = (
    129  # rows; from here on COPY, 46,000 against 20,000 rows a second at 500, is worth its round trips
)

# Writes nothing, and so returns nothing, when something must be seen to first: the conversation is gone, has other
# open tool calls than expected, has one of the external ids, or has a stream that died.
NUMBER = """
WITH before AS MATERIALIZED (
    SELECT id, head_id, clock_timestamp() AS now
    FROM aistore_conversation
    WHERE id = %s
      AND open_tool_calls = %s::text[]
      AND NOT EXISTS (SELECT FROM aistore_message
                      WHERE conversation_id = %s AND external_id <> '' AND external_id = ANY (%s::text[]))
      AND NOT EXISTS (SELECT FROM aistore_message
                      WHERE conversation_id = %s AND status = 'streaming'
                        AND beat_at < clock_timestamp() - make_interval(secs => %s))
    FOR NO KEY UPDATE
), conversation AS (
    UPDATE aistore_conversation AS c
    SET message_count = c.message_count + %s,
        head_id = %s,
        open_tool_calls = %s::text[],
        updated_at = before.now,
        last_message_at = greatest(CASE WHEN c.message_count > 0 THEN c.last_message_at END,
                                   %s::timestamptz, CASE WHEN %s THEN before.now END)
    FROM before
    WHERE c.id = before.id
    RETURNING c.id, c.message_count, CASE WHEN %s THEN before.head_id ELSE %s::uuid END AS parent_id,
              before.now, c.last_message_at
)"""
NUMBERED = "SELECT message_count, parent_id, now, last_message_at FROM conversation"

COLUMNS = {
    "id": "uuid",
    "parent_id": "uuid",
    "external_id": "text",
    "role": "text",
    "content": "text",
    "parts": "jsonb",
    "tool_calls": "jsonb",
    "tool_call_id": "text",
    "name": "text",
    "model": "text",
    "status": "text",
    "finish_reason": "text",
    "is_hidden": "boolean",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "cost": "numeric",
    "usage": "jsonb",
    "rating": "smallint",
    "rating_comment": "text",
    "metadata": "jsonb",
    "created_at": "timestamptz",
    "edited_at": "timestamptz",
    "beat_at": "timestamptz",
}
NAMES = ", ".join(COLUMNS)
FROM_THE_ROW = {
    "parent_id": "coalesce(r.parent_id, c.parent_id)",
    "created_at": "coalesce(r.created_at, c.now)",
    "beat_at": "CASE r.status WHEN 'streaming' THEN c.now END",
}
INSERT = f"""{NUMBER}, stored AS (
    INSERT INTO aistore_message (conversation_id, sequence_number, {NAMES})
    SELECT c.id, c.message_count - r.below, {", ".join(FROM_THE_ROW.get(name, f"r.{name}") for name in COLUMNS)}
    FROM conversation AS c, {{rows}}
)
{NUMBERED}"""
INSERT_ONE = INSERT.format(
    rows=f"(SELECT 0, {', '.join(f'%s::{kind}' for kind in COLUMNS.values())}) AS r (below, {NAMES})"
)
INSERT_SOME = INSERT.format(
    rows="json_to_recordset(%s::json) AS r (below integer, "
    f"{', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})"
)
COPY = f"COPY aistore_message (conversation_id, sequence_number, {NAMES}) FROM STDIN"


class Numbered(NamedTuple):
    message_count: int
    parent_id: Any  # of the first row
    now: dt.datetime  # when the lock was had
    last_message_at: dt.datetime


def write(
    conversation: Conversation,
    rows: Sequence[Message],
    *,
    expected: Sequence[str],
    opens: Sequence[str],
    keys: Sequence[str] = (),
    at_head: bool,
    parent_id: Any = None,
) -> bool:
    """Number and store the rows, each answering the one before, and make the last one the head. False, and nothing
    written, if the open calls are not the ``expected`` ones, or for another reason that NUMBER names."""
    rows[0].parent_id = None
    for above, row in pairwise(rows):
        row.parent_id = above.pk
    times = [row.created_at for row in rows if row.created_at is not None]
    numbered = _store(
        conversation,
        rows,
        [
            *(conversation.pk, _escaped(expected), conversation.pk, _escaped(keys)),
            *(conversation.pk, float(settings.STREAM_DEAD_SECONDS)),
            *(len(rows), rows[-1].pk, _escaped(opens), max(times, default=None), len(times) < len(rows)),
            *(at_head, parent_id),
        ],
    )
    if numbered is None:
        return False
    _take_over(conversation, rows, list(opens), Numbered(*numbered))
    return True


def _store(conversation: Conversation, rows: Sequence[Message], parameters: list[Any]) -> Any:
    using = conversation._state.db or ""
    if len(rows) == 1:
        return statements.fetch_one(using, INSERT_ONE, [*parameters, *_values(rows[0])])
    if len(rows) < COPY_FROM:
        return statements.fetch_one(using, INSERT_SOME, [*parameters, _document(rows)])
    return _copy(using, rows, parameters)


def _document(rows: Sequence[Message]) -> str:
    documents = []
    for below, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        values = dict(zip(COLUMNS, _values(row), strict=True))
        raw = {name: msgspec.Raw(values[name].encode()) for name, kind in COLUMNS.items() if kind == "jsonb"}
        documents.append({"below": below, **values, **raw})
    return msgspec.json.encode(documents).decode()


def _copy(using: str, rows: Sequence[Message], parameters: list[Any]) -> Any:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS conversation_head_its_own DEFERRED")  # the head comes with the COPY
        found = statements.fetch_one(using, f"{NUMBER} {NUMBERED}", parameters)
        if found is None:
            return None
        numbered = Numbered(*found)
        first = numbered.message_count - len(rows) + 1
        with cursor.copy(COPY) as copy:
            for number, row in enumerate(rows, first):
                row.parent_id = row.parent_id or numbered.parent_id
                row.created_at = row.created_at or numbered.now
                row.beat_at = numbered.now if row.status == "streaming" else None
                copy.write_row([row.conversation_id, number, *_values(row)])
        cursor.execute("SET CONSTRAINTS conversation_head_its_own IMMEDIATE")
    return numbered


def _values(row: Message) -> list[Any]:
    return draft.values(row, COLUMNS)


def _escaped(texts: Sequence[str]) -> list[str]:
    return [draft.escape(text) for text in texts]


def _take_over(
    conversation: Conversation, rows: Sequence[Message], opens: list[str], numbered: Numbered
) -> None:
    """The instances say what the database now says."""
    rows[0].parent_id = numbered.parent_id
    for number, row in enumerate(rows, numbered.message_count - len(rows) + 1):
        row.sequence_number = number
        row.created_at = row.created_at or numbered.now
        row._state.adding, row._state.db = False, conversation._state.db
    conversation.message_count = numbered.message_count
    conversation.last_message_at = numbered.last_message_at
    conversation.updated_at = numbered.now
    conversation.head = rows[-1]
    conversation.open_tool_calls = opens
