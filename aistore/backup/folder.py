"""Where backups lie: one folder each, complete or not to be seen.

    backups/                             0700
        .lock                            held by who makes, verifies, removes or restores
        .aistore-20261124T020000Z.part/  being made; what a killed process left goes with the next backup
        aistore-20261124T020000Z/        0700
            database.dump.zst            0600
            files.jsonl                  which upload has which blob
            files/ab/abcd…               by their SHA-256; hard links, where the backup before has the same bytes
            manifest.json

A folder gets its name when all in it is on the disk, by one rename: whatever ends the process, there is no half backup.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings as django_settings
from django.core.files import locks

from ..conf import settings
from ..exceptions import BackupNotFound, BackupRunning
from . import manifest as manifests
from .manifest import Manifest

MANIFEST, LISTING, BLOBS = "manifest.json", "files.jsonl", "files"
NAME = re.compile(r"[A-Za-z0-9_]+-\d{8}T\d{6}Z(-\d+)?")
LONGEST = 100  # characters
PART = re.compile(rf"\.{NAME.pattern}\.(part|gone)")


def directory(given: str | os.PathLike[str] | None = None) -> Path:
    """Absolute. A relative one stands beside manage.py, wherever cron was when it called."""
    return Path(getattr(django_settings, "BASE_DIR", "."), given or settings.BACKUP_DIRECTORY).absolute()


def names(folder: Path) -> list[str]:
    """Those of complete backups, the newest last."""
    try:
        found = [entry.name for entry in os.scandir(folder) if NAME.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    return sorted((name for name in found if (folder / name / MANIFEST).is_file()), key=by_time)


def find(name: str | os.PathLike[str], folder: Path) -> Path:
    """A name in the folder, or the path of a backup anywhere. Raises BackupNotFound."""
    text = os.fspath(name)
    path = Path(text) if os.path.basename(text) != text else folder / text
    if not NAME.fullmatch(path.name) or len(path.name) > LONGEST:
        why = "it is not called as aistore calls them, database-time"
        with suppress(OSError, ValueError):  # of what cannot be a name at all
            why = (
                "it is a file, and a backup is a folder with a manifest.json in it" if path.is_file() else why
            )
        raise BackupNotFound(name=text, why=why)
    if not (path / MANIFEST).is_file():
        why = "there is no manifest.json in it" if path.is_dir() else f"there is nothing at {path}"
        raise BackupNotFound(name=text, why=why)
    return path


def manifest_of(path: Path) -> Manifest:
    return manifests.read(path.name, (path / MANIFEST).read_bytes())


def write_manifest(path: Path, manifest: Manifest) -> None:
    part = path / f".{MANIFEST}.part"
    with create_file(part) as file:
        os.write(file, manifests.written(manifest))
        os.fsync(file)
    os.replace(part, path / MANIFEST)
    sync(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """For one process at a time; freed by its end, whatever that was. Raises BackupRunning."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with create_file(folder / ".lock", os.O_RDWR) as file:
        if not locks.lock(file, locks.LOCK_EX | locks.LOCK_NB):
            raise BackupRunning(directory=str(folder))
        try:
            yield
        finally:
            locks.unlock(file)


@contextmanager
def new(folder: Path, database: str) -> Iterator[Path]:
    """A hidden folder, which gets its name if all goes well and goes away if not. Needs the lock."""
    remove_parts(folder)
    name = _new_name(folder, database)
    part = folder / f".{name}.part"
    part.mkdir(mode=0o700)
    try:
        yield part
        sync(part)
        os.rename(part, folder / name)
        sync(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def name_of_part(part: Path) -> str:
    return part.name.removeprefix(".").removesuffix(".part")


def remove(path: Path) -> None:
    """It is no backup any more from the first moment, however long the rest takes."""
    gone = path.with_name(f".{path.name}.gone")
    os.rename(path, gone)
    sync(path.parent)
    shutil.rmtree(gone)


def remove_parts(folder: Path) -> None:
    """What killed processes left. Only folders of our naming, and only under the lock."""
    for entry in list(os.scandir(folder)):
        if PART.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)


@contextmanager
def create_file(path: Path, flags: int = os.O_WRONLY | os.O_TRUNC) -> Iterator[int]:
    """For nobody else to read, from the first byte on."""
    file = os.open(path, flags | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        yield file
    finally:
        os.close(file)


def sync(folder: Path) -> None:
    """So that names outlast a power cut. Windows cannot open a folder, and needs no telling."""
    if os.name == "nt":
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _new_name(folder: Path, database: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", database)[:40] or "database"
    name = f"{plain}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 2
    taken = name
    while (folder / taken).exists():
        taken, number = f"{name}-{number}", number + 1
    return taken


def by_time(name: str) -> tuple[str, int, str]:
    database, time, *number = name.split("-")
    return time, int(number[0]) if number else 1, database
