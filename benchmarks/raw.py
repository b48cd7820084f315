"""The limit: the same work in psycopg, one prepared statement each, rows as tuples.

The same tables, columns, constraints and indexes; numbers without gaps and the head as parent, as aistore has
them. Left out is what nobody writes who does it by hand: keys that may come again, open tool calls, dead streams.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connections

from aistore.fields import uuid7
from aistore.models import Conversation, Message

COLUMNS = [field.column for field in Message._meta.concrete_fields]
NAMES = ", ".join(COLUMNS)
EMPTY = dict.fromkeys(("parts", "tool_calls"), "'[]'") | dict.fromkeys(("usage", "metadata"), "'{}'")
EMPTY |= {"status": "'complete'", "is_hidden": "false"}
EMPTY |= dict.fromkeys(
    ("external_id", "tool_call_id", "name", "model", "finish_reason", "rating_comment"), "''"
)


def _values(**known: str) -> str:
    """All columns of a message in order: the known ones, and the empty ones."""
    return ", ".join(known.get(name, EMPTY.get(name, "NULL")) for name in COLUMNS)


NUMBER = """
WITH before AS (
    SELECT id, head_id FROM aistore_conversation WHERE id = %s FOR NO KEY UPDATE
), c AS (
    UPDATE aistore_conversation AS c
    SET message_count = c.message_count + %s, head_id = %s, updated_at = now(), last_message_at = now()
    FROM before WHERE c.id = before.id
    RETURNING c.id, c.owner_id, c.message_count, before.head_id
)"""
OWN = {"conversation_id": "c.id", "owner_id": "c.owner_id", "created_at": "now()"}
APPEND = f"""{NUMBER}
INSERT INTO aistore_message ({NAMES})
SELECT {_values(**OWN, id="%s", sequence_number="c.message_count", parent_id="c.head_id", role="%s", content="%s")}
FROM c RETURNING sequence_number, parent_id, created_at"""

CONVERSATION = {field.column: "''" for field in Conversation._meta.concrete_fields}
CONVERSATION |= {"id": "%s", "owner_id": "%s", "title": "%s", "message_count": "2", "head_id": "%s"}
CONVERSATION |= {"is_pinned": "false", "is_archived": "false", "metadata": "'{}'"}
CONVERSATION |= {"tags": "'{}'", "open_tool_calls": "'{}'"}
CONVERSATION |= dict.fromkeys(("created_at", "updated_at", "last_message_at"), "now()")
START = f"""
WITH c AS (
    INSERT INTO aistore_conversation ({", ".join(CONVERSATION)}) VALUES ({", ".join(CONVERSATION.values())})
    RETURNING id, owner_id
)
INSERT INTO aistore_message ({NAMES})
SELECT {_values(**OWN, id="r.id", sequence_number="r.number", parent_id="r.parent", role="r.role", content="r.content")}
FROM c, (VALUES (%s::uuid, 1, NULL::uuid, %s::text, %s::text), (%s, 2, %s, %s, %s))
    AS r (id, number, parent, role, content)
RETURNING id, sequence_number, created_at"""

READ = f"SELECT {NAMES} FROM aistore_message WHERE conversation_id = %s"
LAST = f"{READ} ORDER BY sequence_number DESC LIMIT %s"
COPY = f"COPY aistore_message ({NAMES}) FROM STDIN"
DELETE = "DELETE FROM aistore_conversation WHERE id = %s"
CONTENT = "The night train leaves at ten and is in Hue before the heat. " * 8


class Raw:
    """A connection in autocommit."""

    def __init__(self, using: str) -> None:
        options = connections[using].get_connection_params()
        known = ("dbname", "host", "port", "user", "password")
        self.connection = psycopg.connect(
            **{name: options[name] for name in known if name in options}, autocommit=True
        )
        self._cursor = self.connection.cursor(binary=True)

    def fetch(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._cursor.execute(sql, parameters, prepare=True).fetchall()

    def append(self, conversation: Conversation) -> Any:
        new = uuid7()
        return self.fetch(APPEND, [conversation.pk, 1, new, new, "user", CONTENT])

    def start(self, owner_id: int) -> Any:
        conversation, question, answer = uuid7(), uuid7(), uuid7()
        messages = [question, "user", CONTENT, answer, question, "assistant", CONTENT]
        return self.fetch(START, [conversation, owner_id, "A trip", answer, *messages])

    def last(self, conversation: Conversation, count: int) -> list[tuple[Any, ...]]:
        return self.fetch(LAST, [conversation.pk, count])[::-1]

    def copy(self, conversation: Conversation, contents: Sequence[str]) -> None:
        """The rows and their counter, in one transaction."""
        ids = [uuid7() for _ in contents]
        with self.connection.transaction():
            self._cursor.execute("SET CONSTRAINTS conversation_head_its_own DEFERRED")
            sql = f"{NUMBER} SELECT message_count, head_id, owner_id FROM c"
            [(count, head, owner)] = self.fetch(sql, [conversation.pk, len(ids), ids[-1]])
            first = count - len(ids) + 1
            with self._cursor.copy(COPY) as copy:
                for index, content in enumerate(contents):
                    parent = ids[index - 1] if index else head
                    copy.write_row(_row(conversation.pk, owner, first + index, ids[index], parent, content))

    def delete(self, conversation: Conversation) -> None:
        self._cursor.execute(DELETE, [conversation.pk], prepare=True)


def _row(
    conversation_id: Any, owner_id: Any, number: int, new: uuid.UUID, parent: Any, content: str
) -> list[Any]:
    values = {"conversation_id": conversation_id, "owner_id": owner_id, "sequence_number": number}
    values |= {"id": new, "parent_id": parent, "role": "user", "content": content}
    values["created_at"] = dt.datetime.now(dt.UTC)
    return [values[name] if name in values else PLAIN.get(name) for name in COLUMNS]


PLAIN = {name: value.strip("'") for name, value in EMPTY.items()}
