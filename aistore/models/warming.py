"""What is worth having in the cache before somebody asks: what was used last, read as it will be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.contrib.auth import get_user_model
from django.db import router

from .. import cache
from .conversation import Conversation
from .message import Message

PAGE = 50  # messages, the default of last()


def newest_conversations(limit: int) -> Iterator[None]:
    """The newest conversations of all owners, each with its last messages."""
    for conversation_id, _ in _newest(limit):
        with suppress(Conversation.DoesNotExist):  # deleted meanwhile
            Conversation.objects.cached.get(conversation_id)
            Message.objects.cached.last(conversation_id, PAGE)
        yield


def newest_owners(limit: int) -> Iterator[None]:
    """The owners of the newest conversations, each with the first page of his list."""
    for owner_id in dict.fromkeys(owner_id for _, owner_id in _newest(limit)):
        with suppress(get_user_model().DoesNotExist):
            cache.user(owner_id)
        Conversation.objects.cached.newest(owner_id)
        yield


def _newest(limit: int) -> list[tuple[object, object]]:
    rows = Conversation.objects.using(router.db_for_write(Conversation)).order_by("-last_message_at", "-id")
    return list(rows.values_list("pk", "owner_id")[:limit])
