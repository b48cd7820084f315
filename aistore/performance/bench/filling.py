"""What the scratch database holds: owners with conversations of 50 messages, and memories."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections

from ...models import Conversation, Memory

MESSAGES = 50  # of a conversation
SHORTEST, LONGEST = 30, 200  # words of a message
VOCABULARY = 4000  # words, the n-th used 1/n as often as the first (Zipf)


@dataclass(frozen=True)
class Size:
    owners: int
    conversations: int  # of each
    memories: int  # of each


FULL, QUICK = Size(50, 25, 100), Size(10, 25, 30)


@dataclass(frozen=True)
class Data:
    owners: list[Any]
    conversations: list[Conversation]
    words: list[str]  # each in some memories

    @property
    def messages(self) -> int:
        return len(self.conversations) * MESSAGES


def fill(using: str, size: Size, on_progress: Callable[[], object]) -> Data:
    text = Text(random.Random(1))
    owners = [_owner(using, number) for number in range(size.owners)]
    conversations = []
    for owner in owners:
        for number in range(size.conversations):
            turns = [{"role": ("user", "assistant")[n % 2], "content": text()} for n in range(MESSAGES)]
            title = f"Conversation {number}"
            conversations.append(Conversation.objects.using(using).start(owner, turns, title=title))
            on_progress()
        _memories(using, owner, size.memories, text)
    with connections[using].cursor() as cursor:
        cursor.execute("ANALYZE")
    return Data(owners, conversations, text.words[50:100])


def _owner(using: str, number: int) -> Any:
    """By the fields that Django asks a user model for; the name stands in each, since each may be unique."""
    model = get_user_model()
    name = f"bench{number}"
    values = {model.USERNAME_FIELD: name, model.get_email_field_name(): f"{name}@example.invalid"}
    known = {field.name for field in model._meta.fields}
    given = {field: value for field, value in values.items() if field in known}
    return model._default_manager.using(using).create(**given)


def _memories(using: str, owner: Any, count: int, text: "Text") -> None:
    rows = [Memory(owner=owner, content=f"{text.sentence()} {number}") for number in range(count)]
    Memory.objects.using(using).bulk_create(rows)


class Text:
    """Words that are as unevenly common as those of a language."""

    def __init__(self, dice: random.Random) -> None:
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        self._dice = dice
        self.words = ["".join(dice.choices(letters, k=dice.randint(3, 10))) for _ in range(VOCABULARY)]
        self._weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
        self._stream = dice.choices(self.words, self._weights, k=100_000)

    def __call__(self) -> str:
        start = self._dice.randrange(len(self._stream) - LONGEST)
        return " ".join(self._stream[start : start + self._dice.randint(SHORTEST, LONGEST)])

    def sentence(self) -> str:
        start = self._dice.randrange(len(self._stream) - LONGEST)
        return " ".join(self._stream[start : start + 12])
