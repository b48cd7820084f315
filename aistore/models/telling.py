"""Who must forget what when rows change: every way to write through aistore ends here, after its commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections

from ..cache.announcing import forget_after_commit
from ..cache.reading import Unit
from .refilling import Refill

if TYPE_CHECKING:
    from .conversation import Conversation
    from .draft import Draft


def unit_of(conversation_id: Any) -> Unit:
    return Unit("c", conversation_id.hex)


def lists_of(owner_id: Any) -> Unit:
    return Unit("o", str(owner_id))


def memories_of(owner_id: Any) -> Unit:
    return Unit("m", str(owner_id))


def user_unit(user_id: Any) -> Unit:
    return Unit("u", str(user_id))


def appended(
    conversation: Conversation, before: bytes, after: bytes, rows: Sequence[Draft], first_number: int
) -> None:
    """The writer that knows the new state puts it in place of the old one; in a transaction it cannot know what is
    yet to come, so there the stamp goes."""
    using = conversation._state.db or ""
    unit, lists = unit_of(conversation.pk), lists_of(conversation.owner_id)
    if connections[using].in_atomic_block:
        forget_after_commit(using, [unit, lists])
    else:
        Refill(conversation, unit, lists, before, after).send(rows, first_number)


def conversations_changed(using: str, pairs: Iterable[Sequence[Any]]) -> None:
    """Pairs of conversation id and owner id."""
    units = {
        unit for conversation_id, owner_id in pairs for unit in (unit_of(conversation_id), lists_of(owner_id))
    }
    forget_after_commit(using, units)


def messages_changed(using: str, conversation_ids: Iterable[Any]) -> None:
    forget_after_commit(using, map(unit_of, set(conversation_ids)))


def memories_changed(using: str, owner_ids: Iterable[Any]) -> None:
    forget_after_commit(using, map(memories_of, set(owner_ids)))


def saved(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """A receiver of post_save: save(), create(), forms, and fixtures, which pass by save(). (Deletions are told by
    the querysets: one receiver of post_delete on messages would make a cascade a hundred times slower.)"""
    match sender._meta.model_name:
        case "conversation":
            owners = {instance._state.__dict__.get("owner_id", instance.owner_id), instance.owner_id}
            conversations_changed(using, [(instance.pk, owner) for owner in owners])
        case "message":
            messages_changed(using, [instance.conversation_id])
        case "memory":
            memories_changed(using, [instance.owner_id])


def user_changed(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """A receiver of post_save and pre_delete of the host's users; with a user goes all that he owns."""
    forget_after_commit(using, [user_unit(instance.pk)])
    if kwargs.get("created") is None:  # deleted
        rows = instance.conversations.values_list("pk", "owner_id")
        conversations_changed(using, rows)
        forget_after_commit(using, [lists_of(instance.pk), memories_of(instance.pk)])
