"""The memories of the demo, each with the conversation in which it was learnt."""

import datetime as dt
from random import Random
from typing import Any

from ..models import Conversation, Memory
from . import content
from .provenance import mark, marked

KNOWN_FROM_THE_START = dt.timedelta(days=100)  # those that no conversation brought up


def store_memories(owner: Any, conversations: dict[str, Conversation], now: dt.datetime) -> int:
    """How many were new."""
    written = content.memories()
    ids = [f"demo-memory-{number:02}" for number in range(1, len(written) + 1)]
    known = marked(Memory, owner)
    rows = [
        memory(owner, external_id, fact, conversations.get(fact.get("conversation", "")), now)
        for external_id, fact in zip(ids, written, strict=True)
    ]
    supersede(rows, written, ids, known)
    new = [row for row, external_id in zip(rows, ids, strict=True) if external_id not in known]
    # one statement, so a memory may be superseded by one further down
    return len(Memory.objects.bulk_create(new))


def memory(
    owner: Any, external_id: str, fact: dict[str, Any], conversation: Conversation | None, now: dt.datetime
) -> Memory:
    created_at = conversation.last_message_at if conversation else now - KNOWN_FROM_THE_START
    dice = Random(external_id).random()
    return Memory(
        owner=owner,
        conversation=conversation,
        question=fact.get("question", ""),
        content=fact["content"],
        tags=fact["tags"],
        importance=fact["importance"],
        metadata=mark(external_id),
        created_at=created_at,
        last_used_at=created_at + (now - created_at) * dice if dice < 0.7 else None,
    )


def supersede(
    rows: list[Memory], written: list[dict[str, Any]], ids: list[str], known: dict[str, Any]
) -> None:
    for row, fact in zip(rows, written, strict=True):
        if "superseded_by" in fact:
            by = fact["superseded_by"]
            row.superseded_by_id = known.get(ids[by], rows[by].pk)
            # what is no longer true was learnt at the beginning of a conversation, not at its end
            row.created_at = row.conversation.created_at if row.conversation else row.created_at
            row.last_used_at = None
