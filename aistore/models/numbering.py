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
import secrets
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from django.db import connections, transaction

from .. import statements
from ..cache import stamps
from ..conf import settings
from ..fields import escape
from . import draft, telling

if TYPE_CHECKING:
    from .conversation import Conversation
    from .draft import Draft
    from .message import Message

# Rows. From here on COPY is worth its round trips: at 500, 46,000 rows a second against 20,000.
COPY_FROM = 129
# Characters. A larger one goes by COPY, too: PostgreSQL takes its time over a document of hundreds of megabytes,
# and breaks the connection over one of more than a gigabyte.
LARGEST_DOCUMENT = 4 * 1024**2
NEVER = 1e9  # seconds; as ``dead_after``: the streams have been seen to

# Writes nothing, and so returns nothing, when something must be seen to first: the conversation is gone, has other
# open tool calls than expected, has one of the external ids, or has a stream that died.
NUMBER = """
WITH before AS MATERIALIZED (
    SELECT id, head_id, nonce, clock_timestamp() AS now
    FROM aistore_conversation
    WHERE id = %s
      AND open_tool_calls = %s::text[]
      AND NOT EXISTS (SELECT FROM aistore_message
                      WHERE conversation_id = %s AND external_id <> '' AND external_id = ANY (%s::text[]))
      AND NOT EXISTS (SELECT FROM aistore_message
                      WHERE conversation_id = %s AND status = 'streaming'
                        AND coalesce(beat_at, created_at) < clock_timestamp() - make_interval(secs => %s))
    FOR NO KEY UPDATE
), conversation AS (
    UPDATE aistore_conversation AS c
    SET message_count = c.message_count + %s,
        head_id = %s,
        open_tool_calls = %s::text[],
        version = c.version + 1,
        nonce = %s,
        updated_at = before.now,
        last_message_at = greatest(CASE WHEN c.message_count > 0 THEN c.last_message_at END,
                                   %s::timestamptz, CASE WHEN %s THEN before.now END)
    FROM before
    WHERE c.id = before.id
    RETURNING c.id, c.owner_id, c.message_count, CASE WHEN %s THEN before.head_id ELSE %s::uuid END AS parent_id,
              before.now, c.last_message_at, c.version, c.edits, before.nonce AS nonce_before
)"""
NUMBERED = """SELECT message_count, parent_id, now, last_message_at, version, edits, nonce_before, owner_id
FROM conversation"""

KINDS = {"id": "uuid", "parent_id": "uuid", "is_hidden": "boolean", "cost": "numeric", "rating": "smallint"}
KINDS |= dict.fromkeys(("parts", "tool_calls", "usage", "metadata"), "jsonb")
KINDS |= dict.fromkeys(("input_tokens", "output_tokens"), "bigint")
KINDS |= dict.fromkeys(("created_at", "edited_at", "beat_at"), "timestamptz")
COLUMNS = {name: KINDS.get(name, "text") for name in draft.COLUMNS}
NAMES = ", ".join(COLUMNS)
FROM_THE_ROW = {
    "parent_id": "coalesce(r.parent_id, c.parent_id)",
    "created_at": "coalesce(r.created_at, c.now)",
    "beat_at": "CASE r.status WHEN 'streaming' THEN c.now END",
}
# Behind a ``conversation`` that has id, owner_id, message_count, parent_id and now.
STORED = f""", stored AS (
    INSERT INTO aistore_message (conversation_id, owner_id, sequence_number, {NAMES})
    SELECT c.id, c.owner_id, c.message_count - r.below,
           {", ".join(FROM_THE_ROW.get(name, f"r.{name}") for name in COLUMNS)}
    FROM conversation AS c, {{rows}}
)"""
ONE = STORED.format(
    rows=f"(SELECT 0, {', '.join(f'%s::{kind}' for kind in COLUMNS.values())}) AS r (below, {NAMES})"
)
SOME = STORED.format(
    rows="json_to_recordset(%s::json) AS r (below integer, "
    f"{', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})"
)
INSERT_ONE, INSERT_SOME = f"{NUMBER}{ONE} {NUMBERED}", f"{NUMBER}{SOME} {NUMBERED}"
COPY = f"COPY aistore_message (conversation_id, owner_id, sequence_number, {NAMES}) FROM STDIN"


class Numbered(NamedTuple):
    message_count: int
    parent_id: Any  # of the first row
    now: dt.datetime  # when the lock was had
    last_message_at: dt.datetime
    version: int = 0
    edits: int = 0
    nonce_before: int = 0
    owner_id: Any = None


def write(
    conversation: Conversation,
    rows: Sequence[Draft],
    *,
    using: str,
    expected: Sequence[str],
    opens: Sequence[str],
    keys: Sequence[str] = (),
    dead_after: float | None = None,
    at_head: bool,
    parent_id: Any = None,
) -> list[Message] | None:
    """Number and store the rows, each answering the one before, and make the last one the head. None, and nothing
    written, if the open calls are not the ``expected`` ones, or for another reason that NUMBER names."""
    chain(rows)
    if dead_after is None:
        dead_after = float(settings.STREAM_DEAD_SECONDS)
    nonce = secrets.randbits(63)
    found = _store(
        using,
        conversation,
        rows,
        [
            *(conversation.pk, _escaped(expected), conversation.pk, _escaped(keys)),
            *(conversation.pk, dead_after),
            *(len(rows), rows[-1].id, _escaped(opens), nonce, *latest(rows)),
            *(at_head, parent_id),
        ],
    )
    if found is None:
        return None
    numbered = Numbered(*found)
    stored = instances(using, conversation, rows, numbered)
    conversation.owner_id = (
        numbered.owner_id
    )  # he may be another than when it was read; his lists must be told
    conversation.message_count = numbered.message_count
    conversation.last_message_at = numbered.last_message_at
    conversation.updated_at = numbered.now
    # not conversation.head = …, which asks the routers whether a row of a replica may refer to one of its primary
    conversation.head_id = stored[-1].pk
    conversation._state.fields_cache["head"] = stored[-1]
    conversation.open_tool_calls = list(opens)
    before = stamps.state(numbered.version - 1, numbered.nonce_before, numbered.edits)
    after = stamps.state(numbered.version, nonce, numbered.edits)
    telling.appended(conversation, before, after, rows, numbered.message_count - len(rows) + 1)
    return stored


def chain(rows: Sequence[Draft]) -> None:
    """Each answers the one before."""
    rows[0].parent_id = None
    for above, row in pairwise(rows):
        row.parent_id = above.id


def latest(rows: Sequence[Draft]) -> tuple[dt.datetime | None, bool]:
    """The latest time that was given, and whether that of the database counts too."""
    times = [row.created_at for row in rows if row.created_at is not None]
    return max(times, default=None), len(times) < len(rows)


def _store(using: str, conversation: Conversation, rows: Sequence[Draft], parameters: list[Any]) -> Any:
    if len(rows) == 1:
        return statements.fetch_one(using, INSERT_ONE, [*parameters, *rows[0].values()])
    if len(rows) < COPY_FROM and len(text := document(rows)) <= LARGEST_DOCUMENT:
        return statements.fetch_one(using, INSERT_SOME, [*parameters, text])
    return _copy(using, conversation, rows, parameters)


def document(rows: Sequence[Draft]) -> str:
    documents = []
    for below, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        values = dict(zip(COLUMNS, row.values(), strict=True))
        raw = {name: msgspec.Raw(values[name].encode()) for name, kind in COLUMNS.items() if kind == "jsonb"}
        documents.append({"below": below, **values, **raw})
    return msgspec.json.encode(documents).decode()


def _copy(using: str, conversation: Conversation, rows: Sequence[Draft], parameters: list[Any]) -> Any:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS conversation_head_its_own DEFERRED")  # the head comes with the COPY
        found = statements.fetch_one(using, f"{NUMBER} {NUMBERED}", parameters)
        if found is not None:
            # Django turns the errors of every other call into its own, and forgets copy()
            with connections[using].wrap_database_errors, cursor.copy(COPY) as copy:
                for line in _lines(conversation, rows, Numbered(*found)):
                    copy.write_row(line)
        cursor.execute("SET CONSTRAINTS conversation_head_its_own IMMEDIATE")
    return found


def _lines(conversation: Conversation, rows: Sequence[Draft], numbered: Numbered) -> Iterator[list[Any]]:
    for number, row in enumerate(rows, numbered.message_count - len(rows) + 1):
        _complete(row, numbered)
        yield [conversation.pk, numbered.owner_id, number, *row.values()]


def _complete(row: Draft, numbered: Numbered) -> None:
    """What FROM_THE_ROW says, in Python."""
    row.parent_id = row.parent_id or numbered.parent_id
    row.created_at = row.created_at or numbered.now
    row.beat_at = numbered.now if row.status == "streaming" else None


def instances(
    using: str, conversation: Conversation, rows: Sequence[Draft], numbered: Numbered
) -> list[Message]:
    """The rows as instances, built as from a SELECT but without one."""
    model: type[Message] = conversation._meta.get_field("messages").related_model  # type: ignore[assignment]
    names = ("conversation_id", "owner_id", "sequence_number", *COLUMNS)
    in_order = [field.attname for field in model._meta.concrete_fields]
    stored = []
    for number, row in enumerate(rows, numbered.message_count - len(rows) + 1):
        _complete(row, numbered)
        own = (conversation.pk, numbered.owner_id, number)
        values = dict(zip(names, (*own, *msgspec.structs.astuple(row)), strict=True))
        message = model.from_db(using, in_order, [values[name] for name in in_order])
        message._state.fields_cache["conversation"] = conversation
        stored.append(message)
    return stored


def _escaped(texts: Sequence[str]) -> list[str]:
    return [escape(text) for text in texts]
