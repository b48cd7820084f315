"""Who must forget what when rows change: every way to write through aistore ends here, after its commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, router

from ..cache.announcing import commits_at_once, forget_after_commit
from ..cache.reading import Unit
from ..cache.users import user_key
from ..embedding.background import after_commit
from .refilling import Refill

if TYPE_CHECKING:
    from .conversation import Conversation
    from .draft import Draft

# In the order of ids, as everybody locks them.
RENEW = """
WITH inserted AS MATERIALIZED (
    SELECT id FROM aistore_conversation WHERE id = ANY (%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
)
UPDATE aistore_conversation AS c
SET version = c.version + 1, nonce = aistore_nonce(), edits = c.edits + 1
FROM inserted WHERE c.id = inserted.id"""


EMBEDDED = frozenset({"question", "content"})  # what the vector of a memory is made of


def unit_of(conversation_id: Any, using: str) -> Unit:
    known = conversation_id if isinstance(conversation_id, uuid.UUID) else uuid.UUID(str(conversation_id))
    return Unit("c", known.hex, using)


def lists_of(owner_id: Any, using: str) -> Unit:
    return Unit("o", user_key(owner_id), using)


def memories_of(owner_id: Any, using: str) -> Unit:
    return Unit("m", user_key(owner_id), using)


def appended(
    conversation: Conversation, before: bytes, after: bytes, rows: Sequence[Draft], first_number: int
) -> None:
    """The writer that knows the new state puts it in place of the old one; in a transaction it cannot know what is
    yet to come, so there the stamp goes."""
    using = conversation._state.db or ""
    unit, lists = unit_of(conversation.pk, using), lists_of(conversation.owner_id, using)
    if commits_at_once(using):
        Refill(conversation, unit, lists, before, after).send(rows, first_number)
    else:
        forget_after_commit(using, [unit, lists])


def conversations_changed(using: str, pairs: Iterable[Sequence[Any]]) -> None:
    """Pairs of conversation id and owner id."""
    pairs = list(pairs)
    conversations = {unit_of(conversation_id, using) for conversation_id, _ in pairs}
    forget_after_commit(using, conversations | {lists_of(owner_id, using) for _, owner_id in pairs})


def messages_changed(using: str, conversation_ids: Iterable[Any]) -> None:
    forget_after_commit(using, {unit_of(conversation_id, using) for conversation_id in set(conversation_ids)})


def messages_inserted(using: str, conversation_ids: Iterable[Any]) -> None:
    """Messages that came by themselves, not by an append. There is no trigger on INSERT, so what others have cached
    under the state from before would be valid again."""
    ids = sorted(set(map(str, conversation_ids)))
    with connections[using].cursor() as cursor:
        cursor.execute(RENEW, [ids])
    messages_changed(using, ids)


def memories_changed(using: str, owner_ids: Iterable[Any]) -> None:
    forget_after_commit(using, {memories_of(owner_id, using) for owner_id in set(owner_ids)})


def saved(sender: Any, instance: Any, using: str, created: bool, **kwargs: Any) -> None:
    """A receiver of post_save: save(), create(), forms, and fixtures, which pass by save(). (Deletions are told by
    the querysets: one receiver of post_delete on messages would make a cascade a hundred times slower.)"""
    match sender._meta.concrete_model._meta.model_name:
        case "conversation":
            conversations_changed(using, [(instance.pk, owner_id) for owner_id in instance.remember_owner()])
        case "message" if created:
            messages_inserted(using, [instance.conversation_id])
        case "message":
            messages_changed(using, [instance.conversation_id])
        case "memory":
            memories_changed(using, instance.remember_owner())
            if EMBEDDED & set(kwargs.get("update_fields") or EMBEDDED):
                after_commit(using, [instance.pk])


def user_changed(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """A receiver of post_save and pre_delete of the host's users; with a user goes all that he owns."""
    forget_after_commit(using, [Unit("u", user_key(instance.pk), using)])
    conversations = instance.conversations
    if "created" not in kwargs and router.allow_migrate_model(
        using, conversations.model
    ):  # else nothing cascades
        conversations_changed(using, conversations.using(using).values_list("pk", "owner_id"))
        forget_after_commit(using, [lists_of(instance.pk, using), memories_of(instance.pk, using)])
