"""The owner of a message, for rows that a host makes by himself: what aistore stores knows it from the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .message import Message


def fill(messages: Sequence[Message], using: str) -> None:
    """Where none is given. A conversation that is not there is left to the database, which says so."""
    bare = [message for message in messages if message.owner_id is None]
    for message in bare:
        if message._state.fields_cache.get("conversation") is not None:
            message.owner_id = message.conversation.owner_id
    unknown = {message.conversation_id for message in bare if message.owner_id is None}
    if not unknown:
        return
    conversations = bare[0]._meta.get_field("conversation").related_model._base_manager.using(using)
    owners = dict(conversations.filter(pk__in=unknown).values_list("pk", "owner_id"))
    by_text = {str(key): owner for key, owner in owners.items()}
    for message in bare:
        if message.owner_id is None:
            message.owner_id = by_text.get(str(message.conversation_id))
