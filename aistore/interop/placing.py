"""Gives the messages of a conversation their ids, numbers, parents and times, and makes rows of them."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from ..models.tool_calls import open_calls
from .arrangement import Arranged
from .canonical import CanonicalMessage
from .rows import Rows, new_id
from .soundness import called, shown


@dataclass
class Known:
    """A conversation as far as it is stored; ids are strings. Messages go by their external_id, or by their own
    id where they have none. ``times`` are the created_at of messages, by their own id; ``last_message_at`` is the
    latest of them."""

    id: str
    owner_id: Any
    message_count: int = 0
    head_id: str | None = None
    last_message_at: dt.datetime | None = None
    ids: dict[str, str] = field(default_factory=dict)
    times: dict[str, dt.datetime] = field(default_factory=dict)


@dataclass
class Placed:
    """What is to be stored of a conversation; ``known`` says how it is when that is done."""

    known: Known
    rows: Rows = field(default_factory=Rows)
    added: int = 0
    head_has_moved: bool = False
    warnings: list[str] = field(default_factory=list)


def place_new(arranged: Arranged, *, owner_id: Any) -> Placed:
    """A conversation that is not there yet. Raises UnstorableValue."""
    conversation, now = arranged.conversation, timezone.now()
    created_at = conversation.created_at or _first_time(arranged) or now
    placed = place_more(arranged, Known(id=new_id(), owner_id=owner_id), otherwise=created_at)
    known = placed.known
    placed.rows.add_conversation(
        conversation,
        id=known.id,
        owner_id=owner_id,
        message_count=known.message_count,
        head_id=known.head_id,
        open_tool_calls=_open_at_head(arranged, known),
        created_at=created_at,
        updated_at=conversation.updated_at or now,
        last_message_at=known.last_message_at or conversation.last_message_at or created_at,
    )
    return placed


def place_more(arranged: Arranged, known: Known, *, otherwise: dt.datetime | None = None) -> Placed:
    """What the file has and the database has not. ``otherwise`` is the time of messages that have none, nor
    answer one that has. Raises UnstorableValue."""
    placed = Placed(known)
    may_move_head = known.head_id is None or known.head_id in _ids_of_file(arranged, known)
    otherwise = otherwise or arranged.conversation.created_at or timezone.now()
    for message in arranged.messages:
        if message.external_id not in known.ids:
            _place(message, placed, otherwise)
    if placed.added and may_move_head:
        _move_head(arranged, placed)
    where = called(arranged.conversation)
    placed.warnings = [f"Conversation {where}: {warning}." for warning in placed.warnings]
    return placed


def _ids_of_file(arranged: Arranged, known: Known) -> set[str]:
    return {known.ids[external_id] for external_id in arranged.ids & known.ids.keys()}


def _first_time(arranged: Arranged) -> dt.datetime | None:
    return next((message.created_at for message in arranged.messages if message.created_at), None)


def _place(message: CanonicalMessage, placed: Placed, otherwise: dt.datetime) -> None:
    known = placed.known
    parent_id = None if message.parent is None else known.ids.get(message.parent)
    if message.parent is not None and parent_id is None:
        _make_root(message, placed)
    created_at = message.created_at or known.times.get(parent_id or "", otherwise)
    id = new_id()
    known.message_count += 1
    placed.added += 1
    placed.rows.add_message(
        message,
        id=id,
        conversation_id=known.id,
        owner_id=known.owner_id,
        number=known.message_count,
        parent_id=parent_id,
        created_at=created_at,
    )
    known.ids[message.external_id] = id
    known.times[id] = created_at
    known.last_message_at = max(created_at, known.last_message_at or created_at)


def _make_root(message: CanonicalMessage, placed: Placed) -> None:
    """It answers a message that is neither in the file nor in the database: kept, and said."""
    told = message.metadata.get("import")
    message.metadata = {
        **message.metadata,
        "import": {**(told if isinstance(told, dict) else {}), "parent": message.parent},
    }
    placed.warnings.append(
        f"message {shown(message.external_id)} answers {shown(message.parent)}, which is not there;"
        " it was kept as a first message"
    )


def _move_head(arranged: Arranged, placed: Placed) -> None:
    known, head = placed.known, arranged.conversation.head
    if head is not None and head not in known.ids:
        placed.warnings.append(f"its active message {shown(head)} is not there; the last one became active")
        head = None
    head_id = known.ids[head or arranged.messages[-1].external_id]
    placed.head_has_moved = head_id != known.head_id
    known.head_id = head_id


def _open_at_head(arranged: Arranged, known: Known) -> list[str]:
    """Of a conversation that is all in the file."""
    if not any(message.tool_calls for message in arranged.messages):
        return []
    by_id = {message.external_id: message for message in arranged.messages}
    here = next(
        (message for message in arranged.messages if known.ids[message.external_id] == known.head_id), None
    )
    path = []
    while here is not None:
        path.append(here)
        here = by_id.get(here.parent) if here.parent is not None else None
    return open_calls(reversed(path))
