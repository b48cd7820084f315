"""Records: frozen, read-only copies of rows, as bytes without pickle.

A record has its row's attributes, cannot be changed or saved, and is decoded by msgspec into these classes and no
others: whoever can write to the cache can lie, but runs no code. JSON columns stay text inside and are decoded at each
access, so nobody can change what others share. The layout is part of every key (``SCHEMA``): a release with other
columns never reads old bytes.
"""

import datetime as dt
import hashlib
import uuid
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from ..fields import ESCAPE, json_value, unescape


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What all records share. ``pk`` is the id, as on a row."""

    @property
    def pk(self) -> Any:
        return self.id  # type: ignore[attr-defined]


class ConversationRecord(Record, frozen=True, array_like=True, gc=False):
    id: uuid.UUID
    owner_id: Any
    title: str
    model: str
    system_prompt: str
    tags: tuple[str, ...]
    is_pinned: bool
    is_archived: bool
    metadata_text: str
    source: str
    external_id: str
    message_count: int
    head_id: uuid.UUID | None
    open_tool_calls: tuple[str, ...]
    created_at: dt.datetime
    updated_at: dt.datetime
    last_message_at: dt.datetime

    @property
    def metadata(self) -> dict[str, Any]:
        return _json(self.metadata_text)


class MessageRecord(Record, frozen=True, array_like=True, gc=False):
    id: uuid.UUID
    conversation_id: uuid.UUID
    owner_id: Any
    sequence_number: int
    parent_id: uuid.UUID | None
    external_id: str
    role: str
    content: str
    parts_text: str
    tool_calls_text: str
    tool_call_id: str
    name: str
    model: str
    status: str
    finish_reason: str
    is_hidden: bool
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    usage_text: str
    rating: int | None
    rating_comment: str
    metadata_text: str
    created_at: dt.datetime
    edited_at: dt.datetime | None
    beat_at: dt.datetime | None

    @property
    def parts(self) -> list[dict[str, Any]]:
        return _json(self.parts_text)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return _json(self.tool_calls_text)

    @property
    def usage(self) -> dict[str, Any]:
        return _json(self.usage_text)

    @property
    def metadata(self) -> dict[str, Any]:
        return _json(self.metadata_text)


class MemoryRecord(Record, frozen=True, array_like=True, gc=False):
    id: uuid.UUID
    owner_id: Any
    conversation_id: uuid.UUID | None
    message_id: uuid.UUID | None
    question: str
    content: str
    tags: tuple[str, ...]
    importance: int
    superseded_by_id: uuid.UUID | None
    metadata_text: str
    expires_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
    last_used_at: dt.datetime | None

    @property
    def metadata(self) -> dict[str, Any]:
        return _json(self.metadata_text)


class UserRecord(Record, frozen=True, array_like=True, gc=False):
    id: Any
    username: str
    is_active: bool
    is_staff: bool
    is_superuser: bool
    last_login: dt.datetime | None


R = TypeVar("R", bound=Record)
_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_ESCAPE_BYTES = ESCAPE.encode()
ESCAPED, PLAIN = b"e", b"p"


class Codec(msgspec.Struct, frozen=True):
    """Rows of one kind to bytes and back."""

    record: type[Record]
    decoder: msgspec.msgpack.Decoder[Any]
    keys: tuple[str, ...]  # the fields that hold a key of the host's users, whose type only he knows

    @classmethod
    def of(cls, record: type[Record]) -> "Codec":
        keys = tuple(name for name, kind in record.__annotations__.items() if kind is Any)
        return cls(record, msgspec.msgpack.Decoder(tuple[record, ...]), keys)  # type: ignore[valid-type]

    def encode(self, records: tuple[Record, ...]) -> bytes:
        """Of records as they come from the database: with Note [Escaped characters] still in them. The first byte says
        whether there are any, so that who reads need not look through the whole."""
        data = _encoder.encode(records)
        return (ESCAPED if _ESCAPE_BYTES in data else PLAIN) + data

    def exact(self, records: tuple[Any, ...], data: bytes | None = None) -> tuple[Any, ...]:
        """Records as they come from the database, with their exact texts. To look for what is escaped in the encoded
        bytes takes a twentieth of the time that it takes to look through the records."""
        return tuple(map(plain, records)) if (data or self.encode(records))[:1] == ESCAPED else records

    def encode_plain(self, records: tuple[Record, ...]) -> bytes | None:
        """Of records with their exact texts; None for the few that bytes cannot carry without escaping."""
        try:
            data = _encoder.encode(records)
        except UnicodeEncodeError:
            return None
        return None if _ESCAPE_BYTES in data else PLAIN + data

    def decode(self, data: memoryview) -> tuple[Any, ...]:
        records = self.decoder.decode(data[1:])
        for name in self.keys:
            _restore_uuids(records, name)
        return tuple(map(plain, records)) if data[:1] == ESCAPED else records


def plain(record: R) -> R:
    """The record with its exact texts. JSON stays escaped until it is decoded."""
    changed = {
        name: _plain(value)
        for name in record.__struct_fields__
        if not name.endswith("_text") and isinstance(value := getattr(record, name), str | tuple)
    }
    return msgspec.structs.replace(record, **changed)


def _restore_uuids(records: tuple[Any, ...], name: str) -> None:
    """A UUID without a type comes back as its bytes."""
    if records and type(getattr(records[0], name)) is bytes:
        for record in records:
            msgspec.structs.force_setattr(record, name, uuid.UUID(bytes=getattr(record, name)))


def _plain(value: Any) -> Any:
    return unescape(value) if isinstance(value, str) else tuple(map(unescape, value))


def _json(text: str) -> Any:
    return {} if text == "{}" else [] if text == "[]" else json_value(text)


def _layout(*records: type[Record]) -> str:
    drawn = ";".join(
        f"{record.__name__}{record.__struct_fields__}{record.__annotations__}" for record in records
    )
    return hashlib.sha256(drawn.encode()).hexdigest()[:8]


SCHEMA = _layout(ConversationRecord, MessageRecord, MemoryRecord, UserRecord)
