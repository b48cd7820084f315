"""The memories of the demo, each with the conversation in which it was learnt."""

import datetime as dt
from random import Random
from typing import Any

from django.db import router

from ..models import Conversation, Memory
from . import content
from .provenance import mark, marked

FIRST = dt.timedelta(days=100)  # the age of the oldest of those that no conversation brought up
USED = 0.7  # the share of those that an assistant has used since

Fact = dict[str, Any]


def store_memories(owner: Any, conversations: dict[str, Conversation], now: dt.datetime) -> int:
    """How many were new."""
    facts = content.memories()
    rows = [
        memory(owner, number, fact, conversations.get(fact.get("conversation", "")), now)
        for number, fact in enumerate(facts, 1)
    ]
    present = already_there(owner, rows)
    supersede(rows, facts, present)
    new = [row for row, pk in zip(rows, present, strict=True) if pk is None]
    # one statement, so a memory may be superseded by one further down
    return len(Memory.objects.bulk_create(new))


def memory(
    owner: Any, number: int, fact: Fact, conversation: Conversation | None, now: dt.datetime
) -> Memory:
    random = Random(f"memory {number}")
    created_at = conversation.last_message_at if conversation else now - FIRST * random.random()
    used_at = created_at + (now - created_at) * random.random()
    return Memory(
        owner=owner,
        conversation=conversation,
        question=fact.get("question", ""),
        content=fact["content"],
        tags=fact["tags"],
        importance=fact["importance"],
        metadata=mark(f"demo-memory-{number:02}"),
        created_at=created_at,
        last_used_at=used_at if random.random() < USED else None,
    )


def already_there(owner: Any, rows: list[Memory]) -> list[Any]:
    """For each the id under which its owner has it, or None: as loaded, however edited since, or of his own, for
    nobody has the same fact twice."""
    own = Memory.objects.using(router.db_for_write(Memory)).filter(owner=owner)
    same = dict(own.filter(content__in=[row.content for row in rows]).values_list("content", "pk"))
    loaded = marked(Memory, owner)
    return [loaded.get(row.metadata["external_id"], same.get(row.content)) for row in rows]


def supersede(rows: list[Memory], facts: list[Fact], present: list[Any]) -> None:
    for row, fact in zip(rows, facts, strict=True):
        if "superseded_by" in fact:
            by = fact["superseded_by"]
            row.superseded_by_id = present[by] or rows[by].pk
            # what is no longer true was learnt at the beginning of a conversation, not at its end
            row.created_at = row.conversation.created_at if row.conversation else row.created_at
            row.last_used_at = None
