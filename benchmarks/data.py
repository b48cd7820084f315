"""Users, conversations and messages as a service that has run for a while has them."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, transaction

from aistore.fields import uuid7
from aistore.models import Conversation, Message

USERS = 200  # fewer where each would have less than a page of conversations
PAGE = 25  # conversations; what newest() gives, and some archived ones
PER_CONVERSATION = 50  # messages
SITTING = 10  # messages written in a row, then somebody else's: so a conversation lies on several pages
VOCABULARY = 20_000  # words, the n-th used 1/n as often as the first (Zipf)
SHORTEST, LONGEST = 200, 1500  # characters of a message
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
EMPTY = {
    "[]": ("parts", "tool_calls"),
    "{}": ("usage", "metadata"),
    "f": ("is_hidden",),
    "complete": ("status",),
}
TEXTS = ("external_id", "tool_call_id", "name", "model", "finish_reason", "rating_comment")


@dataclass(frozen=True)
class Data:
    using: str
    users: Sequence[Any]
    conversations: Sequence[Conversation]


class Words:
    """Text of Zipf words: slices of one long text, since drawing every word anew takes longer than storing it."""

    def __init__(self, dice: random.Random) -> None:
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        words = ["".join(dice.choices(letters, k=dice.randint(2, 10))) for _ in range(VOCABULARY)]
        weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
        self._text = " ".join(dice.choices(words, cum_weights=weights, k=500_000))
        self._dice = dice

    def __call__(self) -> str:
        start = self._dice.randrange(len(self._text) - LONGEST)
        return self._text[start : start + self._dice.randint(SHORTEST, LONGEST)].strip()


def fill(using: str, messages: int) -> Data:
    """A database with so many messages, 50 a conversation."""
    dice, count = random.Random(messages), messages // PER_CONVERSATION
    users = _users(using, max(1, min(USERS, count // PAGE)))
    conversations = [_conversation(users, number, dice) for number in range(count)]
    ids = [[uuid7() for _ in range(PER_CONVERSATION)] for _ in conversations]
    for conversation, own in zip(conversations, ids, strict=True):
        conversation.head_id = own[-1]
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        Conversation.objects.using(using).bulk_create(conversations, batch_size=1000)
        with cursor.copy(_copy()) as copy:
            for line in _lines(conversations, ids, Words(dice)):
                copy.write(line)
    with connections[using].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
    return Data(using, users, conversations)


def _users(using: str, count: int) -> list[Any]:
    model = get_user_model()
    return model.objects.using(using).bulk_create(model(username=f"user-{number}") for number in range(count))


def _conversation(users: Sequence[Any], number: int, dice: random.Random) -> Conversation:
    return Conversation(
        owner_id=users[number % len(users)].pk,
        title=f"Conversation {number}",
        message_count=PER_CONVERSATION,
        is_archived=dice.random() < 0.05,
        is_pinned=dice.random() < 0.02,
        created_at=BEGIN + dt.timedelta(minutes=number),
        last_message_at=BEGIN + dt.timedelta(minutes=number + dice.randrange(10_000)),
    )


def _copy() -> str:
    names = [name for group in EMPTY.values() for name in group]
    columns = "conversation_id, owner_id, sequence_number, id, parent_id, role, content, created_at"
    return f"COPY {Message._meta.db_table} ({columns}, {', '.join([*TEXTS, *names])}) FROM STDIN"


def _lines(
    conversations: Sequence[Conversation], ids: Sequence[Sequence[uuid.UUID]], words: Words
) -> Iterator[str]:
    values = [value for value, group in EMPTY.items() for _ in group]
    rest = "\t".join([*[""] * len(TEXTS), *values])
    for sitting in range(0, PER_CONVERSATION, SITTING):
        for conversation, own in zip(conversations, ids, strict=True):
            for index in range(sitting, sitting + SITTING):
                parent = own[index - 1] if index else r"\N"
                role = ("user", "assistant")[index % 2]
                place = f"{conversation.pk}\t{conversation.owner_id}\t{index + 1}"
                row = f"{place}\t{own[index]}\t{parent}\t{role}\t{words()}"
                yield f"{row}\t{conversation.created_at.isoformat()}\t{rest}\n"
