"""Files without an upload, and uploads without their file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby, islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ..files import storage
from .upload import Upload

SETTLED = timedelta(hours=6)  # a file that young may belong to a row that is not committed yet
BATCH = 1000  # names in one query


def files_without_upload(rows: QuerySet[Upload]) -> Iterator[str]:
    """The names of files that no row has, and that were given more than SETTLED ago."""
    latest = timezone.now() - SETTLED
    for folder in storage.folders():
        names = iter(storage.files_in(folder))
        while some := list(islice(names, BATCH)):
            known = set(rows.filter(file__in=some).values_list("file", flat=True))
            yield from (name for name in some if name not in known and _is_before(latest, name))


def uploads_without_file(rows: QuerySet[Upload]) -> Iterator[Upload]:
    """By owner: each folder is listed once, and no file is asked for by itself."""
    by_folder = groupby(rows.only("file", "conversation").order_by("owner_id").iterator(BATCH), key=_folder)
    for folder, uploads in by_folder:
        there = set(storage.files_in(folder))
        # A storage may give names that are not ours; and what is deleted meanwhile, row and file, is not missing.
        yield from (
            upload
            for upload in uploads
            if upload.file.name not in there and not _exists(upload) and rows.filter(pk=upload.pk).exists()
        )


def _is_before(latest: Any, name: str) -> bool:
    given_at = storage.given_at(name)
    return given_at is not None and given_at < latest


def _folder(upload: Upload) -> str:
    return str(upload.file.name).rpartition("/")[0]


def _exists(upload: Upload) -> bool:
    return storage.has(upload.file.name)
