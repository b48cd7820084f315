"""Deleting messages from the newest backwards: what is left is numbered without gaps and has a head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import router, transaction
from django.db.models import Count, Max, Min

from ..exceptions import GapInNumbers
from . import appending, telling

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import MessageQuerySet


def delete(messages: MessageQuerySet) -> tuple[int, dict[str, int]]:
    model = messages.model
    using = messages._db or router.db_for_write(model, **messages._hints)  # type: ignore[attr-defined]
    rows = messages.using(using).order_by()
    parents: Any = model._meta.get_field("conversation").remote_field.model
    with transaction.atomic(using=using):
        # see Note [The conversation first]; in the order of ids, so that two deletions cannot wait for each other
        ids = sorted(rows.values_list("conversation_id", flat=True).distinct())
        locked = appending.lock_all(ids, parents, using=using)
        count = sum(_shorten(conversation, rows, using) for conversation in locked)
        telling.messages_changed(using, ids)
    return count, {model._meta.label: count}


def _shorten(conversation: Conversation, rows: MessageQuerySet, using: str) -> int:
    """Delete these messages, which must be the last ones of this conversation, and say how many they were."""
    lost: Any = rows.filter(conversation=conversation).aggregate(
        count=Count("pk", distinct=True), lowest=Min("sequence_number")
    )
    if not lost["count"]:
        return 0
    kept = conversation.message_count - lost["count"]
    if lost["lowest"] != kept + 1:
        raise GapInNumbers(conversation=conversation.pk)
    all_rows = appending.messages_of(conversation)
    _take_back(conversation, all_rows.filter(sequence_number__lte=kept), kept)
    conversation.save(
        update_fields=["head", "message_count", "open_tool_calls", "last_message_at", "updated_at"],
        using=using,
    )
    # by number, and not by ``rows``: those of path() are others now that the head has moved
    return int(all_rows.filter(sequence_number__gt=kept)._raw_delete(using))


def _take_back(conversation: Conversation, left: MessageQuerySet, kept: int) -> None:
    """The conversation as it is with what is left."""
    head = left.path(to=conversation.head_id).order_by("-sequence_number").first()
    conversation.head, conversation.message_count = head, kept
    conversation.open_tool_calls = appending.open_at(conversation, conversation.head_id)
    latest = left.aggregate(at=Max("created_at"))["at"]
    conversation.last_message_at = latest or conversation.created_at
