"""From conversations to a file."""

import gzip
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any

from ..exceptions import UnknownFormat
from ..models.conversation import ConversationQuerySet
from .formats import FORMATS, writable
from .loading import Loaded, loaded


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


def chunks(conversations: ConversationQuerySet, format: str = "jsonl") -> Iterator[bytes]:
    """The bytes that write() would write, one conversation at a time: for an answer that is sent while it is read."""
    between = b""
    for each in loaded(conversations):
        part = io.BytesIO()
        FORMATS[format].write([each], part)
        yield between + part.getvalue()
        between = getattr(FORMATS[format], "BETWEEN", b"")


def _write(conversations: ConversationQuerySet, file: IO[bytes], format: str) -> int:
    count = 0

    def counted() -> Iterator[Loaded]:
        nonlocal count
        for each in loaded(conversations):
            count += 1
            yield each

    FORMATS[format].write(counted(), file)
    return count


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
