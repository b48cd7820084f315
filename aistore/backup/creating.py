"""Make a backup: the dump, the files that belong to it, and the manifest; all or nothing."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg

from .. import __version__
from ..exceptions import BackupDamaged, BackupError, BackupFailed
from . import archives, databases, folder, offsite, snapshot
from .blobs import Collector
from .encryption import Recipients
from .listing import Backup, described
from .manifest import Manifest
from .programs import ProgramFailed
from .snapshot import Counted, Snapshot

APPLICATION = "aistore"
WANTED = ".wanted"  # names of files, until the snapshot may end
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

OnProgress = Callable[[int, int | None], object]  # bytes so far, and about how many in all


def create(
    *, directory: str | os.PathLike[str] | None = None, on_progress: OnProgress | None = None
) -> Backup:
    """Dump the database and copy the files of uploads into a new folder in BACKUP_DIRECTORY, then to BACKUP_STORAGE.

    Writers go on meanwhile; the backup has what was committed before it began. Raises BackupFailed, BackupRunning;
    then nothing is left of it.
    """
    target = folder.directory(directory)
    with told(target), folder.locked(target):
        path = create_locked(target, on_progress)
        offsite.send(path)
        return described(path)


def create_locked(target: Path, on_progress: OnProgress | None = None) -> Path:
    recipients = Recipients()
    using = databases.alias()
    with folder.new(target, databases.name_of(using)) as part:
        _write(part, using, recipients, _previous(target), on_progress or (lambda done, total: None))
        name = folder.name_of_part(part)
    return target / name


def _write(
    part: Path, using: str, recipients: Recipients, before: Path | None, on_progress: OnProgress
) -> None:
    began = time.monotonic()
    name, database = folder.name_of_part(part), databases.name_of(using)
    with snapshot.taken(using) as seen:
        progress = _Progress(on_progress, seen.size())
        migrations, roles = seen.migrations(), seen.roles()
        counted = Counted(seen.connection)
        archive = archives.write(part, using, seen, recipients, progress.add)
        rows = counted.result()
        _note_files(part, seen)
    files = Collector(part, before, recipients, progress.add).collect(_noted_files(part))
    (part / WANTED).unlink()
    manifest = Manifest(
        name=name,
        application=APPLICATION,
        version=__version__,
        database=database,
        postgresql=_version(seen.server_version),
        created_at=seen.at,
        seconds=round(time.monotonic() - began, 3),
        archive=archive,
        files=files,
        migrations=migrations,
        rows=rows,
        roles=roles,
        is_encrypted=bool(recipients),
    )
    folder.write_manifest(part, manifest)


class _Progress:
    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self.on_progress = on_progress
        self.total = total
        self.done = 0

    def add(self, count: int) -> None:
        self.done += count
        self.on_progress(self.done, max(self.total, self.done))


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Errors in one line that says what to do."""
    try:
        yield
    except ProgramFailed as error:
        remedy = "See to what it says, and try again."
        raise BackupFailed(why=f"pg_dump ended: {error}", remedy=remedy) from error
    except psycopg.Error as error:
        why = " ".join(str(error).split())
        raise BackupFailed(why=f"the database said: {why}", remedy="See to it, and try again.") from error
    except OSError as error:
        raise _of_the_disk(target, error) from error


def _of_the_disk(target: Path, error: OSError) -> BackupError:
    if error.errno not in NO_SPACE:
        return BackupFailed(
            why=f"{error.filename or target}: {error.strerror or error}", remedy="See to the folder."
        )
    free = f"{shutil.disk_usage(target).free / 1024**2:,.0f} MiB are free" if target.exists() else ""
    why = f"the disk of {target} is full ({error.strerror}; {free})"
    return BackupFailed(
        why=why, remedy="Make room there, or choose another folder in AISTORE['BACKUP_DIRECTORY']."
    )


def _previous(target: Path) -> Path | None:
    """Whose files may be shared: the newest that says what it has."""
    for name in reversed(folder.names(target)):
        try:
            folder.manifest_of(target / name)
        except (BackupDamaged, OSError):
            continue
        return target / name
    return None


def _note_files(part: Path, seen: Snapshot) -> None:
    with folder.create_file(part / WANTED) as file, os.fdopen(os.dup(file), "wb") as lines:
        for name, sha256 in seen.files():
            lines.write(msgspec.json.encode((name, sha256)) + b"\n")


def _noted_files(part: Path) -> Iterator[tuple[str, str]]:
    with (part / WANTED).open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=tuple[str, str])


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"
