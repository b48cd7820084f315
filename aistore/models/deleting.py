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
    using = messages._db or router.db_for_write(model)  # type: ignore[attr-defined]
    rows = messages.using(using).order_by()
    with transaction.atomic(using=using):
        # Messages first, then conversations, each in the order of ids, as everybody locks them here: an edit and the
        # trigger behind it too. In another order two writers would wait for each other.
        locked = rows.order_by("pk").select_for_update(no_key=True).values_list("conversation_id", flat=True)
        ids = sorted(set(locked))
        parents = model._meta.get_field("conversation").remote_field.model._base_manager.using(using)
        for conversation in parents.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"):
            _shorten(conversation, rows)
        count = rows.model._base_manager.using(using).filter(pk__in=rows.values("pk"))._raw_delete(using)
        telling.messages_changed(using, ids)
    return count, {model._meta.label: count}


def _shorten(conversation: Conversation, rows: MessageQuerySet) -> None:
    """The row as it is without these messages, which must be its last ones."""
    lost: Any = rows.filter(conversation=conversation).aggregate(
        count=Count("pk"), lowest=Min("sequence_number")
    )
    kept = conversation.message_count - lost["count"]
    if not lost["count"]:
        return
    if lost["lowest"] != kept + 1:
        raise GapInNumbers(conversation=conversation.pk)
    left = appending.messages_of(conversation).filter(sequence_number__lte=kept)
    head = left.path(to=conversation.head_id).order_by("-sequence_number").first()
    conversation.head, conversation.message_count = head, kept
    conversation.open_tool_calls = appending.open_at(conversation, conversation.head_id)
    latest = left.aggregate(at=Max("created_at"))["at"]
    conversation.last_message_at = latest or conversation.created_at
    conversation.save(
        update_fields=["head", "message_count", "open_tool_calls", "last_message_at", "updated_at"]
    )
