"""The copy elsewhere: in any storage of Django, a bucket for example. BACKUP_STORAGE says which.

A storage has no hard links and no rename. So blobs lie once for all backups, under ``files/``, and a backup is there
when its manifest is, which is written last and removed first.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from django.core.files.base import File
from django.core.files.storage import Storage, storages

from ..conf import settings
from ..exceptions import BackupDamaged, BackupError, BackupNotCopied, BackupNotFound
from . import blobs, folder, manifest
from .blobs import Line
from .folder import BLOBS, LISTING, MANIFEST, NAME
from .manifest import Manifest
from .streams import CHUNK


def storage() -> Storage | None:
    return storages[settings.BACKUP_STORAGE] if settings.BACKUP_STORAGE else None


def send(path: Path) -> bool:
    """Copy a backup, where a storage is set. Raises BackupNotCopied: the one in the folder is whole all the same."""
    there = storage()
    if there is None:
        return False
    try:
        _send(path, there)
    except BackupError:
        raise
    except Exception as error:  # those of buckets have no root in common
        name = str(settings.BACKUP_STORAGE)
        raise BackupNotCopied(name=path.name, storage=name, why=_in_words(error)) from error
    return True


def names() -> list[str]:
    """Of those that are complete."""
    there = storage()
    if there is None:
        return []
    return [name for name in _folders(there) if NAME.fullmatch(name) and there.exists(f"{name}/{MANIFEST}")]


def manifest_of(name: str) -> Manifest:
    with storages[str(settings.BACKUP_STORAGE)].open(f"{name}/{MANIFEST}") as file:
        return manifest.read(name, file.read())


def fetch(name: str, target: Path) -> Path:
    """Into the folder, unless it is there. Raises BackupNotFound."""
    there = storage()
    path = target / name
    if there is None or not NAME.fullmatch(name) or (path / MANIFEST).is_file():
        return folder.find(name, target)
    if not there.exists(f"{name}/{MANIFEST}"):
        raise BackupNotFound(
            name=name, why=f"it is neither in {target} nor in the storage {settings.BACKUP_STORAGE}"
        )
    described = manifest_of(name)
    folder.remove_parts(target)
    part = target / f".{name}.part"
    part.mkdir(mode=0o700)
    for file in (described.archive.file, LISTING):
        _receive(there, f"{name}/{file}", part / file)
    for line in _once(blobs.lines(part, described.files.listing_sha256)):
        blob = part / BLOBS / line.blob
        blob.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _receive(there, f"{BLOBS}/{line.blob}", blob)
    _receive(there, f"{name}/{MANIFEST}", part / MANIFEST)
    part.rename(path)
    folder.sync(target)
    return path


def remove(gone: set[str]) -> None:
    """These backups, and the blobs that no other one has. Needs some 200 bytes of memory for each blob of theirs."""
    there = storage()
    if there is None:
        return
    listed: set[str] = set()
    for name in gone.intersection(names()):
        listed |= {line.blob for line in _lines(there, name)}
        files = [MANIFEST, *(file for file in there.listdir(name)[1] if file != MANIFEST)]
        for file in files:
            there.delete(f"{name}/{file}")
        with suppress(OSError):  # the empty folder, where there are folders
            there.delete(name)
    for name in names():
        listed -= {line.blob for line in _lines(there, name)}
    for blob in listed - {""}:
        there.delete(f"{BLOBS}/{blob}")


def _send(path: Path, there: Storage) -> None:
    described = folder.manifest_of(path)
    for line in _once(blobs.lines(path, described.files.listing_sha256)):
        name = f"{BLOBS}/{line.blob}"
        if not there.exists(name) or there.size(name) != line.size:
            _put(there, name, path / BLOBS / line.blob)
    for file in (described.archive.file, LISTING, MANIFEST):
        _put(there, f"{path.name}/{file}", path / file)


def _put(there: Storage, name: str, path: Path) -> None:
    if there.exists(name):  # the half that a killed process left
        there.delete(name)
    with path.open("rb") as file:
        saved = there.save(name, File(file))
    if saved != name or there.size(name) != path.stat().st_size:
        raise OSError(f"{name} did not arrive as it was sent")


def _receive(there: Storage, name: str, path: Path) -> None:
    with (
        there.open(name) as source,
        folder.create_file(path) as file,
        open(file, "wb", closefd=False) as sink,
    ):
        for data in source.chunks(CHUNK):
            sink.write(data)


def _once(lines: Iterator[Line]) -> Iterator[Line]:
    """The same bytes stand one after the other."""
    last = ""
    for line in lines:
        if line.blob not in ("", last):
            last = line.blob
            yield line


def _lines(there: Storage, name: str) -> list[Line]:
    """Where a listing cannot be read, nothing may be taken for unused."""
    with there.open(f"{name}/{LISTING}") as file:
        try:
            return [msgspec.json.decode(line, type=Line) for line in file.read().splitlines()]
        except msgspec.MsgspecError as error:
            raise BackupDamaged(
                name=name, why=f"{LISTING} in {settings.BACKUP_STORAGE} cannot be read"
            ) from error


def _folders(there: Any) -> list[str]:
    try:
        return list(there.listdir("")[0])
    except FileNotFoundError:
        return []


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
