"""Rows as COPY takes them: the columns of three tables, with text and JSON in the form that PostgreSQL keeps."""

import datetime as dt
import re
import sys
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from ..conf import settings
from ..exceptions import UnstorableValue
from ..fields import ESCAPE, escape, json_text
from .canonical import CanonicalConversation, CanonicalMessage, CanonicalRevision

# Text is all that is wanted of them: without the detour over the standard library's class, 10 times as fast.
if sys.version_info >= (3, 14):
    _uuid7: Callable[[], Any] = uuid.uuid7
else:
    from uuid_utils import uuid7 as _uuid7

CONVERSATION_COLUMNS = (
    "id, owner_id, title, model, system_prompt, tags, is_pinned, is_archived, metadata, source, external_id,"
    " message_count, head_id, open_tool_calls, created_at, updated_at, last_message_at"
)
MESSAGE_COLUMNS = (
    "id, conversation_id, owner_id, sequence_number, parent_id, external_id, role, content, parts, tool_calls,"
    " tool_call_id, name, model, status, finish_reason, is_hidden, input_tokens, output_tokens, cost, usage,"
    " rating, rating_comment, metadata, created_at, edited_at, beat_at"
)
REVISION_COLUMNS = "id, message_id, content, parts, replaced_at"

# In what json_text() may have to refuse or to rewrite stands one of these: null (it may be a NaN), NUL, our escape
# character, or the exponent of a number. Keys of a decoded value are strings, and it has no other types.
_ODD = ("null", "\\u0000", ESCAPE)
_EXPONENT = re.compile(r"e[0-9]+[,}\]]")  # in a text, a quotation mark would follow


def new_id() -> str:
    """A UUIDv7 as text; each one sorts behind the one before."""
    return str(_uuid7())


class Rows:
    """Of one or many conversations."""

    def __init__(self) -> None:
        self.conversations: list[tuple[Any, ...]] = []
        self.messages: list[tuple[Any, ...]] = []
        self.revisions: list[tuple[Any, ...]] = []
        self._depth = settings.JSON_MAX_DEPTH  # read once: it is asked for every JSON value
        self._limit = settings.IMPORT_MAX_MESSAGE_BYTES

    def __bool__(self) -> bool:
        return bool(self.conversations or self.messages)

    def add(self, other: "Rows") -> None:
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
        row = (
            id,
            owner_id,
            escape(conversation.title),
            escape(conversation.model),
            escape(conversation.system_prompt),
            [escape(tag) for tag in conversation.tags],
            conversation.is_pinned,
            conversation.is_archived,
            self._json(conversation.metadata, "metadata"),
            escape(conversation.source),
            escape(conversation.external_id),
            message_count,
            head_id,
            [escape(call) for call in open_tool_calls],
            created_at,
            updated_at,
            last_message_at,
        )
        self.conversations.append(row)

    def add_message(
        self,
        message: CanonicalMessage,
        *,
        id: str,
        conversation_id: str,
        owner_id: Any,
        number: int,
        parent_id: str | None,
        created_at: dt.datetime,
    ) -> None:
        row = (
            id,
            conversation_id,
            owner_id,
            number,
            parent_id,
            escape(message.external_id),
            message.role,
            escape(message.content),
            self._json(message.parts, "parts", message) if message.parts else "[]",
            self._json(message.tool_calls, "tool_calls", message) if message.tool_calls else "[]",
            message.tool_call_id and escape(message.tool_call_id),
            message.name and escape(message.name),
            message.model and escape(message.model),
            message.status,
            message.finish_reason and escape(message.finish_reason),
            message.is_hidden,
            message.input_tokens,
            message.output_tokens,
            message.cost,
            self._json(message.usage, "usage", message) if message.usage else "{}",
            message.rating,
            message.rating_comment and escape(message.rating_comment),
            self._json(message.metadata, "metadata", message) if message.metadata else "{}",
            created_at,
            message.edited_at,
            # Its stream ended long ago; a sign of life of that time lets whoever looks after dead streams see it.
            created_at if message.status == "streaming" else None,
        )
        self._refuse_large(row, message)
        self.messages.append(row)
        for revision in message.revisions:
            self._add_revision(revision, message, id)

    def _add_revision(self, revision: CanonicalRevision, message: CanonicalMessage, message_id: str) -> None:
        parts = self._json(revision.parts, "parts", message)
        row = (new_id(), message_id, escape(revision.content), parts, revision.replaced_at)
        self._refuse_large(row, message)
        self.revisions.append(row)

    def _json(self, value: Any, column: str, message: CanonicalMessage | None = None) -> str:
        """What json_text() says, which walks through the value for it, 20 times as fast where nothing is odd."""
        if not value:
            return "[]" if isinstance(value, list) else "{}"
        try:
            text = msgspec.json.encode(value).decode()
        except (UnicodeEncodeError, TypeError, RecursionError):
            text = "null"
        if self._is_plain(text):
            return text
        where = f"{column} of message {message.external_id[:60]!r}" if message else f"its {column}"
        return json_text(value, where=where)

    def _is_plain(self, text: str) -> bool:
        if any(odd in text for odd in _ODD) or _EXPONENT.search(text):
            return False
        return text.count("{") + text.count("[") <= self._depth

    def _refuse_large(self, row: tuple[Any, ...], message: CanonicalMessage) -> None:
        texts = [value for value in row if type(value) is str]
        characters = sum(map(len, texts))
        if characters * 4 > self._limit and sum(len(text.encode()) for text in texts) > self._limit:
            raise UnstorableValue(
                where=f"message {message.external_id[:60]!r}",
                why=f"it is larger than {self._limit:,} bytes",
                remedy="Raise AISTORE['IMPORT_MAX_MESSAGE_BYTES'] to take it",
            )
