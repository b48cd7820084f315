"""Starting: a conversation and its first messages in one statement, for less than half the price of two calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.db.models.signals import post_save, pre_save

from .. import statements
from . import appending, numbering, telling

if TYPE_CHECKING:
    from .conversation import Conversation
    from .draft import Draft

# The same clock as for every message that comes later.
START = """
WITH time AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), conversation AS (
    INSERT INTO aistore_conversation ({columns}, last_message_at)
    SELECT {values}, greatest(%s::timestamptz, CASE WHEN %s THEN time.now END) FROM time
    RETURNING id, owner_id, message_count, NULL::uuid AS parent_id, (SELECT now FROM time), last_message_at
){messages}
SELECT now, last_message_at FROM conversation"""


def start(
    conversation: Conversation, messages: Sequence[Draft], given: Sequence[set[str]], *, using: str
) -> Conversation:
    """Store a new conversation with messages, each answering the one before. ``given`` as append() takes it."""
    if _is_plain(conversation, messages) and _in_one_statement(conversation, messages, using):
        return conversation
    with transaction.atomic(using=using):
        conversation.save(force_insert=True, using=using)
        appending.append(conversation, messages, given)
    return conversation


def _is_plain(conversation: Conversation, messages: Sequence[Draft]) -> bool:
    """Whether one statement will do: not for none or many, for an external id that comes twice, nor where somebody
    wants to hear of every conversation that is saved."""
    keys = [message.external_id for message in messages if message.external_id]
    return (
        0 < len(messages) < numbering.COPY_FROM
        and len(set(keys)) == len(keys)
        and not any(_others_listen(signal, type(conversation)) for signal in (pre_save, post_save))
    )


def _others_listen(signal: Any, model: type[Conversation]) -> bool:
    """Others than our own receiver, which start() does itself."""
    receivers = [receiver for kind in signal._live_receivers(model) for receiver in kind]
    return any(receiver is not telling.saved for receiver in receivers)


def _in_one_statement(conversation: Conversation, messages: Sequence[Draft], using: str) -> bool:
    """False, and nothing written, if the messages are too large for that."""
    rows, opens = appending.closing_first(messages, [])
    numbering.chain(rows)
    document = numbering.document(rows)
    if len(document) > numbering.LARGEST_DOCUMENT:
        return False
    conversation.message_count, conversation.head_id = len(rows), rows[-1].id
    conversation.open_tool_calls = opens
    parameters = [*_values(conversation, using), *numbering.latest(rows), document]
    found: Any = statements.fetch_one(using, _statement(type(conversation), using), parameters)
    now, conversation.last_message_at = found
    conversation._state.adding, conversation._state.db = False, using
    numbered = numbering.Numbered(
        len(rows), None, now, conversation.last_message_at, owner_id=conversation.owner_id
    )
    stored = numbering.instances(using, conversation, rows, numbered)
    conversation._state.fields_cache["head"] = stored[-1]
    telling.conversations_changed(using, [(conversation.pk, conversation.owner_id)])
    return True


@cache
def _statement(model: type[Conversation], using: str) -> str:
    fields = _fields(model)
    return START.format(
        columns=", ".join(field.column for field in fields),
        values=", ".join(f"%s::{field.db_type(connections[using])}" for field in fields),
        messages=numbering.SOME,
    )


def _values(conversation: Conversation, using: str) -> list[Any]:
    """As save() would store them."""
    connection, fields = connections[using], _fields(type(conversation))
    return [field.get_db_prep_save(field.pre_save(conversation, add=True), connection) for field in fields]


def _fields(model: type[Conversation]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.name != "last_message_at"]
