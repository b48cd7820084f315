"""The SQL of an import: what is there already, and how the new rows get there."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections

from ..fields import escape, unescape
from ..models.appending import open_at
from ..models.conversation import Conversation
from .arrangement import Arranged
from .placing import Known, Placed
from .rows import CONVERSATION_COLUMNS, MESSAGE_COLUMNS, REVISION_COLUMNS, Rows

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# By the ids that other products gave; and by our own, for rows that never had another.
FIND = """
SELECT c.id, c.source, c.external_id
FROM unnest(%s::text[], %s::text[]) AS file (source, external_id)
JOIN aistore_conversation AS c ON (c.source, c.external_id) = (file.source, file.external_id)
WHERE c.owner_id = %s AND c.external_id <> ''
UNION ALL
SELECT id, NULL, id::text
FROM aistore_conversation
WHERE id = ANY (%s::uuid[]) AND owner_id = %s AND external_id = ''"""

# In the order of ids, so that two imports wait for each other and do not deadlock.
LOCK = """
SELECT id, owner_id, message_count, head_id, last_message_at
FROM aistore_conversation
WHERE id = ANY (%s::uuid[])
ORDER BY id
FOR NO KEY UPDATE"""
MESSAGES = """
SELECT conversation_id, id, external_id, created_at
FROM aistore_message
WHERE conversation_id = ANY (%s::uuid[])"""

UPDATE = """
UPDATE aistore_conversation
SET message_count = %s, head_id = %s, open_tool_calls = coalesce(%s::text[], open_tool_calls),
    last_message_at = %s, updated_at = clock_timestamp()
WHERE id = %s"""

# A head is stored before the message that it names.
DEFER = "SET CONSTRAINTS conversation_head_its_own DEFERRED"
CHECK = "SET CONSTRAINTS conversation_head_its_own IMMEDIATE"


def find(using: str, owner_id: Any, batch: Sequence[Arranged]) -> dict[int, str]:
    """The ids of those that are stored already, by their place in the batch."""
    keys = [(escape(one.conversation.source), escape(one.conversation.external_id)) for one in batch]
    own = [external_id for _, external_id in keys if _UUID.fullmatch(external_id)]
    parameters = [[source for source, _ in keys], [key for _, key in keys], owner_id, own, owner_id]
    with connections[using].cursor() as cursor:
        cursor.execute(FIND, parameters)
        found = {(source, external_id): str(id) for id, source, external_id in cursor.fetchall()}
    places = {}
    for place, (source, external_id) in enumerate(keys):
        id = found.get((source, external_id)) or found.get((None, external_id))
        if id is not None:
            places[place] = id
    return places


def known(using: str, ids: Iterable[str], *, lock: bool) -> dict[str, Known]:
    """The stored conversations with these ids, by id. One that was deleted meanwhile is not among them."""
    ids = list(ids)
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK if lock else LOCK.removesuffix("FOR NO KEY UPDATE"), [ids])
        rows = cursor.fetchall()
        found = {
            str(id): Known(str(id), owner_id, count, head and str(head), last if count else None)
            for id, owner_id, count, head, last in rows
        }
        cursor.execute(MESSAGES, [ids])
        for conversation_id, message_id, external_id, created_at in cursor:
            conversation, id = found.get(str(conversation_id)), str(message_id)
            if conversation is not None:
                conversation.ids[unescape(external_id) or id] = id
                conversation.times[id] = created_at
    return found


def insert(using: str, rows: Rows) -> None:
    """All rows, parents and heads in any order. To be called in a transaction."""
    connection = connections[using]
    # Django wraps the errors of a cursor's methods, but not those inside the block that copy() is.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(DEFER)
        _copy(cursor, f"aistore_conversation ({CONVERSATION_COLUMNS})", rows.conversations)
        _copy(cursor, f"aistore_message ({MESSAGE_COLUMNS})", rows.messages)
        _copy(cursor, f"aistore_messagerevision ({REVISION_COLUMNS})", rows.revisions)
        cursor.execute(CHECK)


def update(using: str, placed: Placed) -> None:
    """A conversation that got more messages."""
    known = placed.known
    opens = None
    if placed.head_has_moved:
        opens = [escape(call) for call in open_at(_instance(known.id, using), known.head_id)]
    with connections[using].cursor() as cursor:
        cursor.execute(UPDATE, [known.message_count, known.head_id, opens, known.last_message_at, known.id])


def analyze(using: str) -> None:
    """Costs half a second at any size. Who does not own the tables gets a warning from the server, no error."""
    with connections[using].cursor() as cursor:
        cursor.execute("ANALYZE aistore_conversation, aistore_message")


def _copy(cursor: Any, table: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _instance(id: str, using: str) -> Conversation:
    conversation = Conversation(pk=id)
    conversation._state.db, conversation._state.adding = using, False
    return conversation
