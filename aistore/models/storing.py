"""From bytes to an upload and back: a file is there before its row, and goes after it. See Note [Two rows, one file].

What is left when a process dies between the two, or when a transaction that goes on is rolled back in the end, is a
file without a row: it harms nobody, and aistore_purge removes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from ..conf import settings
from ..exceptions import InvalidUpload, UploadTypeRefused
from ..files import storage
from ..files.receiving import Received, received

if TYPE_CHECKING:
    from .upload import Upload

NAME_LENGTH = 1000  # characters


def name_of(file: Any) -> str:
    """That of an open file, which may be its whole path on this machine, or a number."""
    name = getattr(file, "name", None)
    return re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""


def store(rows: QuerySet[Upload], upload: Upload, file: Any) -> Upload:
    _check_place(upload)
    if len(upload.name) > NAME_LENGTH:
        why = f"its name has {len(upload.name):,} characters"
        raise InvalidUpload(why=why, remedy=f"Cut it to {NAME_LENGTH:,}.")
    with received(file, name=upload.name, limit=settings.UPLOAD_MAX_BYTES) as data:
        _refuse_other_types(data.content_type)
        upload.size, upload.sha256, upload.content_type = data.size, data.sha256, data.content_type
        return _shared(rows, upload) or _with_file_of_its_own(rows, upload, data)


def _check_place(upload: Upload) -> None:
    message, conversation = upload.message, upload.conversation
    if message is not None:
        conversation = conversation or message.conversation
        if message.conversation_id != conversation.pk:
            raise InvalidUpload(
                why=f"message {message.pk} is not in conversation {conversation.pk}",
                remedy="Name a message of it, or no conversation.",
            )
    if conversation is not None and conversation.owner_id != upload.owner_id:
        raise InvalidUpload(
            why=f"conversation {conversation.pk} belongs to another owner",
            remedy="Store it for its owner, or in a conversation of this one.",
        )
    upload.conversation = conversation


def _refuse_other_types(content_type: str) -> None:
    if not any(fnmatchcase(content_type, pattern) for pattern in settings.UPLOAD_TYPES):
        raise UploadTypeRefused(content_type=content_type)


def _with_file_of_its_own(rows: QuerySet[Upload], upload: Upload, data: Received) -> Upload:
    with ExitStack() as on_error:
        wanted = storage.path_of(upload.owner_id, upload.pk)
        on_error.callback(storage.delete, wanted)  # a full disk leaves the half of a file
        name = storage.named().save(wanted, data.file, max_length=500)
        if name != wanted:
            on_error.pop_all()
            on_error.callback(storage.delete, name)
        stored = _first_or_shared(rows, upload, name)
        if stored.file.name == name:
            on_error.pop_all()  # otherwise somebody was faster with the same bytes: ours go
    return stored


def _first_or_shared(rows: QuerySet[Upload], upload: Upload, name: str) -> Upload:
    try:
        return _first(rows, upload, name)
    except IntegrityError:
        # Somebody else has come first with the same bytes; if that was not it, the error comes again.
        return _first(rows, upload, name)


def _first(rows: QuerySet[Upload], upload: Upload, name: str) -> Upload:
    """The row of a file that its owner does not have, or has lost: then others that had it get it back."""
    with transaction.atomic(using=rows.db):
        found = _shared(rows, upload)  # since we looked, and wrote the file
        if found is not None:
            return found
        rows.filter(owner=upload.owner_id, sha256=upload.sha256).update(file=name)
        return _in_its_place(rows, upload, name)


def _shared(rows: QuerySet[Upload], upload: Upload) -> Upload | None:
    """An upload with the file that the owner has of these bytes; None where he has none, or the storage has lost it.

    Whoever has the row locked keeps the file: another one that deletes it waits, and so does another that shares it.
    """
    with transaction.atomic(using=rows.db):
        twin = _locked(rows.filter(owner=upload.owner_id, sha256=upload.sha256))
        if twin is None or not storage.has(twin.file.name):
            return None
        return _in_its_place(rows, upload, str(twin.file.name))


def _locked(twins: QuerySet[Upload]) -> Upload | None:
    """If it is deleted while it is waited for, the next one."""
    return twins.exclude(file="").order_by("pk").select_for_update(no_key=True).only("file").first()


def _in_its_place(rows: QuerySet[Upload], upload: Upload, name: str) -> Upload:
    """The upload that has these bytes in the same place already, or this one."""
    same = {
        field: getattr(upload, field) for field in ("owner_id", "sha256", "conversation_id", "message_id")
    }
    there = rows.filter(**same, file=name).order_by("pk").first()
    if there is not None:
        return there
    upload.file = name
    upload.save(force_insert=True, using=rows.db)
    return upload


@contextmanager
def files_deleted_with(rows: QuerySet[Any]) -> Iterator[None]:
    with transaction.atomic(using=rows.db):
        names = set(rows.values_list("file", flat=True)) - {""}
        yield
        if names:
            transaction.on_commit(partial(_delete_files, rows.model, rows.db, names), using=rows.db)


def _delete_files(model: type[Model], using: str, names: set[str]) -> None:
    for some in _batches(sorted(names)):
        kept = set(model._default_manager.using(using).filter(file__in=some).values_list("file", flat=True))
        for name in set(some) - kept:
            storage.delete(name)


def _batches(names: list[str], size: int = 1000) -> Iterator[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
