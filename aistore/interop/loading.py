"""Whole conversations from the database, a few thousand messages in memory at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..models.conversation import Conversation, ConversationQuerySet
from ..models.message import Message
from ..models.revision import MessageRevision

_CHUNK_MESSAGES = 2_000


@dataclass(frozen=True)
class Loaded:
    """``messages`` in the order of their numbers; ``revisions`` by the id of their message, oldest first."""

    conversation: Conversation
    messages: list[Message]
    revisions: dict[Any, list[MessageRevision]]


def loaded(conversations: ConversationQuerySet) -> Iterator[Loaded]:
    """In the order of the queryset, else of making. One query for the ids (16 bytes each), then three a chunk."""
    if not conversations.ordered:
        conversations = conversations.order_by("pk")
    using = conversations.db
    for ids in _chunks(list(conversations.values_list("pk", "message_count"))):
        rows = Conversation._base_manager.using(using).in_bulk(ids)
        messages, revisions = _messages(ids, using), _revisions(ids, using)
        for id in ids:
            if id in rows:  # not deleted since
                yield Loaded(rows[id], messages.get(id, []), revisions)


def _chunks(sized: list[tuple[Any, int]]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    size = 0
    for id, count in sized:
        chunk.append(id)
        size += count + 1
        if size >= _CHUNK_MESSAGES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _messages(ids: list[Any], using: str) -> dict[Any, list[Message]]:
    by_conversation: dict[Any, list[Message]] = {}
    rows = Message._base_manager.using(using).filter(conversation_id__in=ids).order_by("sequence_number")
    for message in rows:
        by_conversation.setdefault(message.conversation_id, []).append(message)
    return by_conversation


def _revisions(ids: list[Any], using: str) -> dict[Any, list[MessageRevision]]:
    """Not by prefetch_related(), which makes a queryset for every message: half of the time of an export."""
    by_message: dict[Any, list[MessageRevision]] = {}
    rows = MessageRevision._base_manager.using(using).filter(message__conversation_id__in=ids)
    for revision in rows.order_by("replaced_at", "pk"):
        by_message.setdefault(revision.message_id, []).append(revision)
    return by_message
