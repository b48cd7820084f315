"""A file as it comes in: read once, in chunks, counted, hashed and looked at on the way to a temporary file.

A detour, and worth it: only what is whole, small enough and of a welcome type ever reaches the storage, and whether
the owner has these bytes already is known before they are sent to a bucket far away.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings as django_settings
from django.core.files.base import File

from ..exceptions import InvalidUpload, UploadTooLarge
from .sniffing import content_type_of
from .text import TextWatch

CHUNK = 64 * 1024  # bytes
IN_MEMORY = 1024**2  # bytes; what is larger goes to FILE_UPLOAD_TEMP_DIR


@dataclass(frozen=True)
class Received:
    file: File
    size: int  # bytes
    sha256: str
    content_type: str


@contextmanager
def received(source: Any, *, name: str, limit: int) -> Iterator[Received]:
    """``source`` is bytes, a File of Django, or whatever has ``read()``; it is read from its beginning where it can
    be, left open, and never held in memory as a whole.

    Raises InvalidUpload, UploadTooLarge, and what reading the source raises.
    """
    digest, watch, size = hashlib.sha256(), TextWatch(), 0
    with SpooledTemporaryFile(max_size=IN_MEMORY, dir=django_settings.FILE_UPLOAD_TEMP_DIR) as spool:
        for chunk in _chunks(source):
            size += len(chunk)
            if size > limit:
                raise UploadTooLarge(limit=limit)
            digest.update(chunk)
            watch.feed(chunk)
            spool.write(chunk)
        if not size:
            raise InvalidUpload(
                why="it is empty", remedy="Send its bytes; a stream that was read may need a seek(0)."
            )
        content_type = content_type_of(spool, watch, name)
        spool.seek(0)
        yield Received(File(spool), size, digest.hexdigest(), content_type)


def _chunks(source: Any) -> Iterator[bytes]:
    if isinstance(source, bytes | bytearray | memoryview):
        whole = memoryview(source).cast("B")
        yield from (bytes(whole[start : start + CHUNK]) for start in range(0, len(whole), CHUNK))
        return
    if not hasattr(source, "read"):
        raise InvalidUpload(why=f"{type(source).__name__} is no file", remedy=ACCEPTED)
    for chunk in (source if isinstance(source, File) else File(source)).chunks(CHUNK):
        if not isinstance(chunk, bytes | bytearray | memoryview):
            raise InvalidUpload(why=f"reading it gives {type(chunk).__name__} and not bytes", remedy=ACCEPTED)
        yield bytes(chunk)


ACCEPTED = "Pass bytes, a file of Django, or a file opened with mode 'rb'."
