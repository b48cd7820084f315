"""The files of uploads in a backup: each by its bytes once, and those that the backup before has are shared with it.

A blob is called by the SHA-256 of what is in it. An encrypted one says whom it is for, and has the SHA-256 of what lies
there in its name too, so that it can be checked without a key.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import msgspec
from django.core.files.base import File

from ..exceptions import BackupDamaged
from ..files import storage
from .encryption import Identity, Recipients
from .folder import BLOBS, LISTING, create_file, sync
from .manifest import Files
from .streams import HashedFile, HashedReader, OnBytes, hashed, pump

PREFIX = 2  # characters of a hash that make a folder: 256 of them
AGE = ".age"


@dataclass(frozen=True)
class Line:
    """One line of the listing."""

    file: str  # its name in the storage of uploads
    blob: str  # where its bytes lie; "" where the storage had none
    size: int  # bytes that lie there


class Collector:
    """Gathers the files of one backup."""

    def __init__(self, part: Path, before: Path | None, recipients: Recipients, on_bytes: OnBytes) -> None:
        self.part = part
        self.before = before
        self.recipients = recipients
        self.on_bytes = on_bytes
        self.count = self.size = self.copied = self.missing = self.changed = 0

    def collect(self, wanted: Iterable[tuple[str, str]]) -> Files:
        """``wanted``: the name and the SHA-256 of each, in the order of the latter."""
        with create_file(self.part / LISTING) as file:
            listing = HashedFile(file)
            for name, sha256 in wanted:
                line = self._line(name, sha256)
                listing.write(msgspec.json.encode(line) + b"\n")
            os.fsync(file)
        for folder in (self.part / BLOBS).glob("*"):
            sync(folder)
        return Files(self.count, self.size, self.copied, self.missing, self.changed, listing.sha256)

    def _line(self, name: str, sha256: str) -> Line:
        path = self._there(sha256) or self._shared(sha256) or self._copied(name, sha256)
        if path is None:
            self.missing += 1
            return Line(name, "", 0)
        self.count += 1
        return Line(name, path.relative_to(self.part / BLOBS).as_posix(), path.stat().st_size)

    def _there(self, sha256: str) -> Path | None:
        return _find(self.part, sha256, self.recipients.mark if self.recipients else "")

    def _shared(self, sha256: str) -> Path | None:
        """A hard link, once its bytes are known to be whole: damage is not handed on. None where there is nothing to
        share, or the disk cannot."""
        found = self.before and _find(self.before, sha256, self.recipients.mark if self.recipients else "")
        if not self.before or not found or hashed(found, self.on_bytes)[0] != stored_sha256(found.name):
            return None
        path = self.part / found.relative_to(self.before)
        _make_folder(path.parent)
        try:
            os.link(found, path)
        except OSError:
            return None
        self.size += path.stat().st_size
        return path

    def _copied(self, name: str, sha256: str) -> Path | None:
        """None where the storage has no such file: its upload was deleted meanwhile, or somebody has lost it."""
        try:
            source = storage.named().open(name)
        except FileNotFoundError:
            return None
        incoming = self.part / ".incoming"
        with source, create_file(incoming) as file:
            reader, stored = HashedReader(source, self.on_bytes), HashedFile(file)
            self.recipients.write(reader, stored)
            os.fsync(file)
        if sha256 and reader.sha256 != sha256:
            self.changed += 1
        return self._kept(incoming, reader.sha256, stored)

    def _kept(self, incoming: Path, sha256: str, stored: HashedFile) -> Path:
        there = self._there(sha256)
        if there:
            incoming.unlink()
            return there
        ending = f".{self.recipients.mark}.{stored.sha256}{AGE}" if self.recipients else ""
        path = _folder(self.part, sha256) / f"{sha256}{ending}"
        _make_folder(path.parent)
        os.rename(incoming, path)
        self.size += stored.size
        self.copied += 1
        return path


def lines(path: Path, sha256: str) -> Iterator[Line]:
    """Of a backup's listing, which must have this hash. Raises BackupDamaged, at the latest in the end."""
    digest = hashlib.sha256()
    try:
        with (path / LISTING).open("rb") as file:
            for text in file:
                digest.update(text)
                yield msgspec.json.decode(text, type=Line)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupDamaged(name=path.name, why=f"{LISTING} cannot be read ({error})") from error
    if digest.hexdigest() != sha256:
        raise BackupDamaged(name=path.name, why=f"{LISTING} is not what was written")


def check(path: Path, files: Files, on_bytes: OnBytes) -> None:
    """Reads every blob once. Raises BackupDamaged."""
    last = ""
    for line in lines(path, files.listing_sha256):
        if line.blob in ("", last):  # the same bytes stand one after the other
            continue
        blob, last = path / BLOBS / line.blob, line.blob
        try:
            sha256, size = hashed(blob, on_bytes)
        except OSError as error:
            raise BackupDamaged(
                name=path.name, why=f"{line.blob} cannot be read ({error.strerror})"
            ) from error
        if (sha256, size) != (stored_sha256(blob.name), line.size):
            raise BackupDamaged(
                name=path.name, why=f"the file {line.file} of an upload is not what was written"
            )


def put_back(path: Path, files: Files, identity: Identity | None, on_bytes: OnBytes) -> int:
    """Files that the storage has not, or not so, come back. How many did. The others stay: what no row has
    goes with aistore_purge."""
    count = 0
    for line in lines(path, files.listing_sha256):
        if line.blob and _differs(line, on_bytes):
            _put_back(path / BLOBS / line.blob, line.file, identity, path.name)
            count += 1
    return count


def stored_sha256(blob: str) -> str:
    return blob.split(".")[2] if blob.endswith(AGE) else blob


def _differs(line: Line, on_bytes: OnBytes) -> bool:
    try:
        source = storage.named().open(line.file)
    except FileNotFoundError:
        return True
    with source:
        reader = HashedReader(source, on_bytes)
        while reader.read():
            pass
    return reader.sha256 != line.blob.partition("/")[2].split(".")[0]


def _put_back(blob: Path, name: str, identity: Identity | None, backup: str) -> None:
    with blob.open("rb") as file, TemporaryFile() as plain:
        if identity and blob.name.endswith(AGE):
            identity.read(file, plain, backup)
        else:
            pump(file, plain)
        plain.seek(0)
        storage.delete(name)
        storage.named().save(name, File(plain))


def _find(backup: Path, sha256: str, mark: str) -> Path | None:
    """The blob with these bytes, for these recipients."""
    if not sha256:
        return None
    folder = _folder(backup, sha256)
    if not mark:
        path = folder / sha256
        return path if path.is_file() else None
    return next(folder.glob(f"{sha256}.{mark}.*{AGE}"), None)


def _folder(backup: Path, sha256: str) -> Path:
    return backup / BLOBS / sha256[:PREFIX]


def _make_folder(folder: Path) -> None:
    for path in (folder.parent, folder):
        path.mkdir(mode=0o700, exist_ok=True)
