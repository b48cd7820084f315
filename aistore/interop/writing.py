"""From conversations to a file, a few thousand messages in memory at a time."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any

from django.db.models import Prefetch

from ..exceptions import UnknownFormat
from ..models.conversation import Conversation, ConversationQuerySet
from ..models.message import Message, MessageRevision
from .formats import FORMATS, writable

_CHUNK_MESSAGES = 2_000


def write(
    conversations: ConversationQuerySet,
    path_or_file: str | PathLike[str] | IO[bytes],
    format: str = "jsonl",
) -> int:
    """Write these conversations with all of their messages, in the order of the queryset (else: of making), and
    return how many.

    A path that ends in .gz is compressed. The file appears under its name when it is whole; until then, and when
    something fails, it is the ``.part`` beside it.
    """
    if format not in writable():
        found = f"{format!r}, which cannot be written"
        raise UnknownFormat(path="The format asked for", found=found, formats=", ".join(writable()))
    if not isinstance(path_or_file, str | PathLike):
        return _write(conversations, path_or_file, format)
    with _appearing(Path(path_or_file)) as file:
        return _write(conversations, file, format)


def _write(conversations: ConversationQuerySet, file: IO[bytes], format: str) -> int:
    count = 0

    def counted() -> Iterator[tuple[Conversation, list[Message]]]:
        nonlocal count
        for conversation in _with_messages(conversations):
            count += 1
            yield conversation

    FORMATS[format].write(counted(), file)
    return count


def _with_messages(conversations: ConversationQuerySet) -> Iterator[tuple[Conversation, list[Message]]]:
    """One query for the ids (16 bytes each), then three for each chunk."""
    if not conversations.ordered:
        conversations = conversations.order_by("pk")
    using = conversations.db
    for ids in _chunks(list(conversations.values_list("pk", "message_count"))):
        rows = Conversation._base_manager.using(using).in_bulk(ids)
        messages = _messages(ids, using)
        for id in ids:
            if id in rows:  # not deleted since
                yield rows[id], messages.get(id, [])


def _chunks(sized: list[tuple[Any, int]]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    size = 0
    for id, count in sized:
        chunk.append(id)
        size += count + 1
        if size >= _CHUNK_MESSAGES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _messages(ids: list[Any], using: str) -> dict[Any, list[Message]]:
    revisions = MessageRevision._base_manager.using(using).order_by("replaced_at", "pk")
    rows = Message._base_manager.using(using).filter(conversation_id__in=ids).order_by("sequence_number")
    by_conversation: dict[Any, list[Message]] = {}
    for message in rows.prefetch_related(Prefetch("revisions", revisions)):
        by_conversation.setdefault(message.conversation_id, []).append(message)
    return by_conversation


@contextmanager
def _appearing(path: Path) -> Iterator[Any]:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as raw:
        if path.suffix == ".gz":
            # no name and no time inside, so that the same rows give the same bytes
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
                yield file
        else:
            yield raw
        raw.flush()
        os.fsync(raw.fileno())
    part.replace(path)
