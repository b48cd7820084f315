"""The dump of the database: written and read as one stream, in constant memory."""

import os
from pathlib import Path
from typing import Any

from ..exceptions import BackupDamaged, BackupUnfit
from . import databases, programs
from .encryption import Identity, Recipients
from .folder import create_file
from .manifest import Archive, Manifest
from .snapshot import Snapshot
from .streams import (
    COMPRESSION,
    ENDINGS,
    Compressing,
    HashedFile,
    HashedReader,
    OnBytes,
    Unpacking,
    Writable,
    pump,
)

FILE = "database.dump"


def write(part: Path, using: str, snapshot: Snapshot, recipients: Recipients, on_bytes: OnBytes) -> Archive:
    """Dump what the snapshot sees."""
    database = databases.name_of(using)
    name = f"{FILE}{ENDINGS[COMPRESSION]}{'.age' if recipients else ''}"
    options = ["--compress=0", f"--snapshot={snapshot.id}", "--lock-wait-timeout=60000"]
    with create_file(part / name) as file:
        stored = HashedFile(file)
        with programs.dumping(using, database, snapshot.server_major, options) as (dump, major):
            source = Compressing(dump, on_bytes)
            recipients.write(source, stored)
        os.fsync(file)
    return Archive(name, stored.size, stored.sha256, COMPRESSION, source.size, major)


def read(
    path: Path, manifest: Manifest, sink: Writable, identity: Identity | None, on_bytes: OnBytes
) -> None:
    """Unpack the dump into ``sink``. Raises BackupDamaged, if not before, then in the end: whoever acts on what comes
    must be able to take it back."""
    name, archive = manifest.name, manifest.archive
    if manifest.is_encrypted and identity is None:
        remedy = "Give the private key with --identity FILE."
        raise BackupUnfit(name=name, why="it is encrypted", remedy=remedy)
    with _opened(path, manifest) as file:
        source = HashedReader(file, on_bytes)
        unpacking = Unpacking(sink, archive.compression, name)
        if identity and manifest.is_encrypted:
            identity.read(source, unpacking, name)
        else:
            pump(source, unpacking)
        while source.read():  # what stands behind the end, as age sees it
            pass
    _compare(source, manifest)
    unpacking.close()


def check(path: Path, manifest: Manifest, on_bytes: OnBytes) -> None:
    """Without unpacking: what an encrypted one allows without the private key."""
    with _opened(path, manifest) as file:
        source = HashedReader(file, on_bytes)
        while source.read():
            pass
    _compare(source, manifest)


def _opened(path: Path, manifest: Manifest) -> Any:
    try:
        return (path / manifest.archive.file).open("rb")
    except OSError as error:
        why = f"{manifest.archive.file} cannot be read ({error.strerror})"
        raise BackupDamaged(name=manifest.name, why=why) from error


def _compare(source: HashedReader, manifest: Manifest) -> None:
    archive = manifest.archive
    if source.size != archive.size:
        why = f"{archive.file} has {source.size:,} bytes, {archive.size:,} were written"
        raise BackupDamaged(name=manifest.name, why=why)
    if source.sha256 != archive.sha256:
        raise BackupDamaged(name=manifest.name, why=f"{archive.file} is not what was written")
