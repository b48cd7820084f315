"""Which backups there are, and how good they are."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from ..exceptions import BackupError
from . import folder, offsite
from .manifest import Manifest


@dataclass(frozen=True)
class Backup:
    """A complete backup. One whose manifest is damaged has ``problem`` and nothing else."""

    name: str
    path: str | None  # None: only in BACKUP_STORAGE
    created_at: datetime | None = None
    size: int | None = None  # bytes, files of uploads included
    ratio: float | None = None  # bytes of the dump for one that is stored
    seconds: float | None = None
    rows: dict[str, int] | None = None
    files: int | None = None
    missing_files: int = 0  # named by a row, but not in the storage of uploads
    changed_files: int = 0  # whose bytes are not those that their row says
    verified_at: datetime | None = None
    verified: str | None = None  # checksum, archive or deep
    is_encrypted: bool = False
    is_offsite: bool = False  # there is a copy in BACKUP_STORAGE
    problem: str = ""

    @property
    def age(self) -> timedelta | None:
        return timezone.now() - self.created_at if self.created_at else None


def backups(*, directory: str | os.PathLike[str] | None = None) -> tuple[Backup, ...]:
    """The newest last: those of the folder, and those that only BACKUP_STORAGE has. Reads the manifests, no more."""
    target = folder.directory(directory)
    away = set(offsite.names())
    here = folder.names(target)
    found = [described(target / name, is_offsite=name in away) for name in here]
    found += [_described_away(name) for name in away.difference(here)]
    return tuple(sorted(found, key=lambda one: folder.by_time(one.name)))


def newest_verified(*, directory: str | os.PathLike[str] | None = None) -> Backup | None:
    """Of the folder: the one that would be restored. Its ``age`` is what alerts look at."""
    target = folder.directory(directory)
    for name in reversed(folder.names(target)):
        backup = described(target / name)
        if backup.verified_at:
            return backup
    return None


def proven_at() -> datetime | None:
    """When the newest verified one was made, for alerts: asks no storage elsewhere. Where none is verified, the oldest:
    so long nothing is proven. None: there are none, or their folder cannot be read."""
    target = folder.directory()
    try:
        found = [described(target / name, is_offsite=False) for name in folder.names(target)]
    except OSError:
        return None
    verified = [one.created_at for one in found if one.created_at and one.verified_at]
    return (
        max(verified) if verified else min((one.created_at for one in found if one.created_at), default=None)
    )


def described(path: Path, *, is_offsite: bool | None = None) -> Backup:
    away = path.name in offsite.names() if is_offsite is None else is_offsite
    try:
        return _of(folder.manifest_of(path), str(path), is_offsite=away)
    except (BackupError, OSError) as error:
        return Backup(path.name, str(path), is_offsite=away, problem=str(error))


def total(found: Sequence[Backup]) -> int:
    """Bytes. What several share counts for each of them."""
    return sum(one.size or 0 for one in found)


def _described_away(name: str) -> Backup:
    try:
        return _of(offsite.manifest_of(name), None, is_offsite=True)
    except (BackupError, OSError) as error:
        return Backup(name, None, is_offsite=True, problem=str(error))


def _of(manifest: Manifest, path: str | None, *, is_offsite: bool) -> Backup:
    verified = manifest.verified
    return Backup(
        name=manifest.name,
        path=path,
        created_at=manifest.created_at,
        size=manifest.size,
        ratio=round(manifest.ratio, 2),
        seconds=manifest.seconds,
        rows=manifest.rows,
        files=manifest.files.count,
        missing_files=manifest.files.missing,
        changed_files=manifest.files.changed,
        verified_at=verified.at if verified else None,
        verified=verified.how if verified else None,
        is_encrypted=manifest.is_encrypted,
        is_offsite=is_offsite,
    )
