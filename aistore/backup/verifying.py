"""Prove that a backup is what was written and can be read; deep: that it can be restored."""

import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.utils import timezone

from .. import integrity
from ..exceptions import BackupDamaged, BackupFailed, BackupNotFound
from . import archives, blobs, databases, folder, programs, snapshot
from .creating import OnProgress, told
from .encryption import Identity
from .manifest import Manifest, Verification
from .programs import ProgramFailed

CHECKSUM, ARCHIVE, DEEP = "checksum", "archive", "deep"


@dataclass(frozen=True)
class Verified:
    name: str
    how: str  # checksum: encrypted, and no identity was given; archive; deep
    seconds: float
    rows: dict[str, int]  # what it holds, by table
    files: int
    is_recorded: bool  # in the manifest; not where that cannot be written


def verify(
    name: str | os.PathLike[str] | None = None,
    *,
    deep: bool = False,
    identity: str | os.PathLike[str] | None = None,
    directory: str | os.PathLike[str] | None = None,
    on_progress: OnProgress | None = None,
) -> Verified:
    """A name in the folder, a path, or the newest one if nothing is said.

    Compares every byte with its hash and reads the archive to its end; ``deep`` restores into a scratch database,
    which is dropped in the end, and compares migrations, rows and the invariants of conversations. ``identity``: the
    file of the private key, where it is encrypted; without it the bytes are compared, and no more.
    Raises BackupNotFound, BackupDamaged, BackupUnfit, BackupRunning.
    """
    target = folder.directory(directory)
    path = folder.find(name or newest(target), target)
    key = Identity(identity) if identity else None
    is_ours = path.parent == target  # another folder may be one that can only be read, and has no rotation
    with told(target), folder.locked(target) if is_ours else nullcontext():
        return verify_locked(path, deep=deep, identity=key, on_progress=on_progress)


def newest(target: Path) -> str:
    found = folder.names(target)
    if not found:
        raise BackupNotFound(name="The newest", why=f"there is none in {target}")
    return found[-1]


def verify_locked(
    path: Path, *, deep: bool = False, identity: Identity | None = None, on_progress: OnProgress | None = None
) -> Verified:
    began = time.monotonic()
    manifest = folder.manifest_of(path)
    how = read_all(path, manifest, identity=identity, on_progress=on_progress)
    if deep:
        _restore_and_compare(path, manifest, identity)
        how = DEEP
    seconds = round(time.monotonic() - began, 3)
    recorded = _record(path, manifest, Verification(timezone.now(), how, seconds))
    return Verified(manifest.name, how, seconds, manifest.rows, manifest.files.count, recorded)


def read_all(
    path: Path, manifest: Manifest, *, identity: Identity | None = None, on_progress: OnProgress | None = None
) -> str:
    """Every byte of it, once. Returns how. Raises BackupDamaged."""
    counted = 0

    def on_bytes(count: int) -> None:
        nonlocal counted
        counted += count
        if on_progress:
            on_progress(counted, manifest.size)

    blobs.check(path, manifest.files, on_bytes)
    if manifest.is_encrypted and identity is None:
        archives.check(path, manifest, on_bytes)
        return CHECKSUM
    try:
        options = ["--file", os.devnull]
        with programs.reading(manifest.archive.pg_dump, options, output=subprocess.DEVNULL) as sink:
            archives.read(path, manifest, sink, identity, on_bytes)
    except ProgramFailed as error:
        archives.check(path, manifest, lambda count: None)  # damaged bytes explain more
        raise BackupDamaged(name=manifest.name, why=f"pg_restore cannot read it: {error}") from error
    return ARCHIVE


def restore_into(
    path: Path, manifest: Manifest, using: str, database: str, identity: Identity | None
) -> None:
    """Into an empty database. Raises ProgramFailed."""
    with databases.connect(using, database) as connection:
        oldest = max(manifest.archive.pg_dump, connection.info.server_version // 10000)
        options = ["--exit-on-error", *options_for(connection, manifest)]
    with programs.restoring(using, database, oldest, options) as sink:
        archives.read(path, manifest, sink, identity, lambda count: None)


def options_for(connection: "psycopg.Connection[Any]", manifest: Manifest) -> list[str]:
    """All belongs to who restores. Rights of roles that this server does not have are left out, with all others."""
    roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    rights = [] if roles.issuperset(manifest.roles) else ["--no-privileges"]
    return ["--no-owner", "--no-comments", *rights]


def compare(manifest: Manifest, connection: "psycopg.Connection[Any]") -> None:
    """What was restored with what was backed up. Raises BackupDamaged."""
    _compare(manifest, "migrations", manifest.migrations, snapshot.migrations_of(connection))
    _compare(manifest, "rows", manifest.rows, snapshot.rows_of(connection))


def _compare(manifest: Manifest, what: str, said: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    for name in sorted({*said, *found}):
        if said.get(name) != found.get(name):
            why = f"restored, {name} has other {what}: {found.get(name)} instead of {said.get(name)}"
            raise BackupDamaged(name=manifest.name, why=why)


def _restore_and_compare(path: Path, manifest: Manifest, identity: Identity | None) -> None:
    using = databases.alias()
    live = databases.name_of(using)
    with ExitStack() as stack:
        try:
            database = stack.enter_context(databases.scratch(using, "verify", like=live))
            restore_into(path, manifest, using, database, identity)
        except ProgramFailed as error:
            raise BackupDamaged(name=manifest.name, why=f"it cannot be restored: {error}") from error
        except psycopg.errors.InsufficientPrivilege as error:
            remedy = "Give the role CREATEDB, or verify on another server."
            raise BackupFailed(why=f"no scratch database can be made ({error})", remedy=remedy) from error
        with databases.connect(using, database) as connection:
            compare(manifest, connection)
        with databases.visible(using, database) as scratch:
            report = integrity.check_data(using=scratch, files=False)
    if not report.is_sound:
        first = report.findings[0]
        why = f"the rule {first.rule!r} is broken in it: {first.detail} ({first.conversation})"
        raise BackupDamaged(name=manifest.name, why=why)


def _record(path: Path, manifest: Manifest, verification: Verification) -> bool:
    try:
        folder.write_manifest(path, manifest.verified_as(verification))
    except OSError:
        return False
    return True
