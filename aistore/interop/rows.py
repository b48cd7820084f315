"""Rows as the text that COPY takes: one line each, columns between tabs, ``\\N`` for null.

Built here by hand: TODO.
"""

import datetime as dt
import json
import sys
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from ..conf import settings
from ..exceptions import UnstorableValue
from ..fields import escape, json_text
from .canonical import CanonicalConversation, CanonicalMessage, CanonicalRevision

CONVERSATION_COLUMNS = (
    "id, owner_id, title, model, system_prompt, tags, is_pinned, is_archived, metadata, source, external_id,"
    " message_count, head_id, open_tool_calls, created_at, updated_at, last_message_at"
)
MESSAGE_COLUMNS = (
    "id, conversation_id, sequence_number, parent_id, external_id, role, content, parts, tool_calls,"
    " tool_call_id, name, model, status, finish_reason, is_hidden, input_tokens, output_tokens, cost, usage, rating,"
    " rating_comment, metadata, created_at, edited_at, beat_at"
)
REVISION_COLUMNS = "id, message_id, content, parts, replaced_at"
NULL = "\\N"

# Text is all that is wanted of them: without the detour over the standard library's class, 10 times as fast.
if sys.version_info >= (3, 14):
    _uuid7: Callable[[], Any] = uuid.uuid7
else:
    from uuid_utils import uuid7 as _uuid7

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Lines:
    """The rows of one or many conversations, as lines for the three tables."""

    def __init__(self) -> None:
        self.conversations: list[str] = []
        self.messages: list[str] = []
        self.revisions: list[str] = []
        self._depth = settings.JSON_MAX_DEPTH  # read once: it is asked for every JSON value
        self._limit = settings.IMPORT_MAX_MESSAGE_BYTES

    def __bool__(self) -> bool:
        return bool(self.conversations or self.messages)

    def add(self, other: "Lines") -> None:
        self.conversations += other.conversations
        self.messages += other.messages
        self.revisions += other.revisions

    def add_conversation(
        self,
        conversation: CanonicalConversation,
        *,
        id: str,
        owner_id: Any,
        message_count: int,
        head_id: str | None,
        open_tool_calls: list[str],
        created_at: dt.datetime,
        updated_at: dt.datetime,
        last_message_at: dt.datetime,
    ) -> None:
        line = _line(
            id,
            text_value(str(owner_id)),
            text_value(conversation.title),
            text_value(conversation.model),
            text_value(conversation.system_prompt),
            array_value(conversation.tags),
            _flag(conversation.is_pinned),
            _flag(conversation.is_archived),
            self._json(conversation.metadata, "metadata"),
            text_value(conversation.source),
            text_value(conversation.external_id),
            str(message_count),
            head_id or NULL,
            array_value(open_tool_calls),
            created_at.isoformat(),
            updated_at.isoformat(),
            last_message_at.isoformat(),
        )
        self.conversations.append(line)

    def add_message(
        self,
        message: CanonicalMessage,
        *,
        id: str,
        conversation_id: str,
        number: int,
        parent_id: str | None,
        created_at: dt.datetime,
    ) -> None:
        time = created_at.isoformat()
        line = _line(
            id,
            conversation_id,
            str(number),
            parent_id or NULL,
            text_value(message.external_id),
            message.role,
            text_value(message.content),
            self._json(message.parts, "parts", message) if message.parts else "[]",
            self._json(message.tool_calls, "tool_calls", message) if message.tool_calls else "[]",
            text_value(message.tool_call_id) if message.tool_call_id else "",
            text_value(message.name) if message.name else "",
            text_value(message.model) if message.model else "",
            message.status,
            text_value(message.finish_reason) if message.finish_reason else "",
            _flag(message.is_hidden),
            _number(message.input_tokens),
            _number(message.output_tokens),
            _number(message.cost),
            self._json(message.usage, "usage", message) if message.usage else "{}",
            _number(message.rating),
            text_value(message.rating_comment) if message.rating_comment else "",
            self._json(message.metadata, "metadata", message) if message.metadata else "{}",
            time,
            _time(message.edited_at),
            # Its stream ended long ago; a sign of life of that time lets whoever looks after dead streams see it.
            time if message.status == "streaming" else NULL,
        )
        self._refuse_large(line, message)
        self.messages.append(line)
        for revision in message.revisions:
            self._add_revision(revision, message, id)

    def _add_revision(self, revision: CanonicalRevision, message: CanonicalMessage, message_id: str) -> None:
        line = _line(
            new_id(),
            message_id,
            text_value(revision.content),
            self._json(revision.parts, "parts", message),
            revision.replaced_at.isoformat(),
        )
        self._refuse_large(line, message)
        self.revisions.append(line)

    def _json(self, value: Any, column: str, message: CanonicalMessage | None = None) -> str:
        """json_text() walks through the value to find what the text mostly shows at once: that it is not deep,
        and that no number needs rewriting. The keys of a decoded value are strings."""
        if not value:
            return "[]" if isinstance(value, list) else "{}"
        try:
            text = _encode(value)
        except (ValueError, TypeError, RecursionError):
            text = ""  # json_text() says why
        brackets = text.count("{") + text.count("[")
        if (
            not text
            or brackets > self._depth
            or "e+" in text
            or "\\u0000" in text
            or escape(text) is not text
        ):
            where = f"{column} of message {message.external_id[:60]!r}" if message else f"its {column}"
            text = json_text(value, where=where)
        return text.replace("\\", "\\\\")

    def _refuse_large(self, line: str, message: CanonicalMessage) -> None:
        if len(line) * 4 > self._limit and len(line.encode()) > self._limit:
            raise UnstorableValue(
                where=f"message {message.external_id[:60]!r}",
                why=f"it is larger than {self._limit:,} bytes",
                remedy="Raise AISTORE['IMPORT_MAX_MESSAGE_BYTES'] to take it",
            )


def new_id() -> str:
    """A UUIDv7 as text; each one sorts behind the one before."""
    return str(_uuid7())


def text_value(text: str) -> str:
    return _unbroken(escape(text)) if text else ""


def _unbroken(text: str) -> str:
    """What COPY would take for a separator, escaped. Four passes that mostly find nothing are faster than one
    of str.translate(), which looks up every character outside ASCII."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def array_value(texts: Iterable[str]) -> str:
    quoted = (escape(text).replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return _unbroken("{" + ",".join(f'"{text}"' for text in quoted) + "}")


def _flag(value: bool) -> str:
    return "t" if value else "f"


def _number(value: int | Decimal | None) -> str:
    return NULL if value is None else str(value)


def _time(value: dt.datetime | None) -> str:
    return NULL if value is None else value.isoformat()


def _line(*columns: str) -> str:
    return "\t".join(columns) + "\n"
