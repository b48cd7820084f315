"""The five rows: each reads the same thing from the database, from the cache, and as this process keeps it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from ... import cache
from ...cache.maintenance import forget_kept
from ...conf import overridden
from ...models import Conversation, Memory, Message
from .filling import MESSAGES, Data

UNCACHED, CACHED, KEPT = "uncached", "cached", "kept"


@dataclass(frozen=True)
class Operation:
    name: str
    arguments: Sequence[Any]
    uncached: Callable[[Any], Any]
    cached: Callable[[Any], Any]

    @property
    def ways(self) -> dict[str, tuple[Callable[[Any], Any], Callable[[], AbstractContextManager[Any]]]]:
        """Each with what makes it what its name says."""
        return {
            UNCACHED: (self.uncached, nullcontext),
            CACHED: (self.cached, nothing_kept),
            KEPT: (self.cached, nullcontext),
        }


@dataclass(frozen=True)
class Absent:
    """What cannot be measured here, and why."""

    name: str
    why: str


def operations(data: Data, using: str) -> list[Operation | Absent]:
    conversations = [conversation.pk for conversation in data.conversations]
    owners = [owner.pk for owner in data.owners]
    return [
        Operation("get user", owners, _user(using), cache.user),
        Operation("get conversation", conversations, _conversation(using), Conversation.objects.cached.get),
        Operation(f"get {MESSAGES} messages", conversations, _messages(using), Message.objects.cached.last),
        _search(data, using),
        Operation("list conversations", owners, _list(using), Conversation.objects.cached.newest),
    ]


def nothing_kept() -> AbstractContextManager[Any]:
    forget_kept()
    return overridden(CACHE_KEPT_BYTES=0)


def _user(using: str) -> Callable[[Any], Any]:
    users = get_user_model()._default_manager.using(using)
    return lambda key: users.get(pk=key)


def _conversation(using: str) -> Callable[[Any], Any]:
    return lambda key: Conversation.objects.using(using).get(pk=key)


def _messages(using: str) -> Callable[[Any], Any]:
    return lambda key: list(Message.objects.using(using).in_conversation(key).last(MESSAGES))


def _list(using: str) -> Callable[[Any], Any]:
    return lambda key: list(Conversation.objects.using(using).owned_by(key).active().newest(limit=20))


def _search(data: Data, using: str) -> Operation | Absent:
    memories: Any = Memory.objects
    name = "search memories"
    if not hasattr(memories.all(), "search") or not hasattr(getattr(memories, "cached", None), "search"):
        return Absent(name, "this version of aistore does not search memories yet")
    pairs = [(owner.pk, word) for owner in data.owners for word in data.words[:5]]
    return Operation(
        name,
        pairs,
        lambda pair: list(memories.using(using).owned_by(pair[0]).search(pair[1], limit=10)),
        lambda pair: memories.cached.search(pair[0], pair[1], limit=10),
    )
