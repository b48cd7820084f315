"""What every format is read into and written from: the columns of a conversation and its messages, as plain data.

A reader only fills these in; the importer checks them, numbers the messages, joins parents by ``external_id``
and stores. JSON values are as a decoder gives them: dicts with string keys, lists, strings, numbers.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import msgspec

ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Tokens = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class CanonicalRevision(msgspec.Struct, kw_only=True):
    content: str
    replaced_at: dt.datetime
    parts: list[dict[str, Any]] = []


class CanonicalMessage(msgspec.Struct, kw_only=True):
    """``external_id`` is never empty: a format without ids gives the number in the conversation.
    ``parent`` is the external_id of the message answered, or None for a root.
    ``role`` may be another product's word. A tool call is ``{"id", "name", "arguments", "type"}`` and whatever
    else came with it. ``created_at`` is None where the format has no time; the importer then takes the parent's."""

    external_id: ExternalId
    role: str
    parent: str | None = None
    content: str = ""
    parts: list[dict[str, Any]] = []
    tool_calls: list[dict[str, Any]] = []
    tool_call_id: str = ""
    name: str = ""
    model: str = ""
    status: str = "complete"
    finish_reason: str = ""
    is_hidden: bool = False
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    cost: Decimal | None = None
    usage: dict[str, Any] = {}
    rating: int | None = None
    rating_comment: str = ""
    metadata: dict[str, Any] = {}
    created_at: dt.datetime | None = None
    edited_at: dt.datetime | None = None
    revisions: list[CanonicalRevision] = []


class CanonicalConversation(msgspec.Struct, kw_only=True):
    """``head`` is the external_id of the tip of the active branch; None: the last message."""

    external_id: ExternalId
    source: str
    messages: list[CanonicalMessage]
    head: str | None = None
    title: str = ""
    model: str = ""
    system_prompt: str = ""
    tags: list[str] = []
    is_pinned: bool = False
    is_archived: bool = False
    metadata: dict[str, Any] = {}
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    last_message_at: dt.datetime | None = None
