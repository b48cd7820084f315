"""What a backup says of itself: manifest.json, written last.

The file is exactly what ``written()`` makes of what it says, hash included, so that no byte of it can change unseen.
"""

import dataclasses
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ..exceptions import BackupDamaged, BackupUnfit

FORMAT = 1


@dataclass(frozen=True)
class Archive:
    """The dump: pg_dump's custom format, compressed, and encrypted where there are recipients."""

    file: str
    size: int  # bytes, as it lies there
    sha256: str
    compression: str  # zstd or gzip
    dump_size: int  # bytes that came from pg_dump
    pg_dump: int  # its major version: no older pg_restore reads what it wrote


@dataclass(frozen=True)
class Files:
    """The files of uploads; the listing says which."""

    count: int
    size: int  # bytes, as they lie there; those shared with other backups included
    copied: int  # of them, the others are shared with the backup before
    missing: int  # named by a row, but not in the storage
    changed: int  # whose bytes are not those that their row says
    listing_sha256: str


@dataclass(frozen=True)
class Verification:
    at: datetime
    how: str  # checksum (encrypted, without the identity), archive or deep
    seconds: float


@dataclass(frozen=True)
class Manifest:
    name: str
    application: str
    version: str
    database: str
    postgresql: str
    created_at: datetime  # when its snapshot was taken
    seconds: float
    archive: Archive
    files: Files
    migrations: dict[str, list[str]]  # applied, by app
    rows: dict[str, int]  # by table, of the same snapshot
    roles: list[str] = field(default_factory=list)  # to whom rights are granted
    is_encrypted: bool = False
    verified: Verification | None = None
    format: int = FORMAT

    @property
    def size(self) -> int:
        return self.archive.size + self.files.size

    @property
    def ratio(self) -> float:
        """How many bytes of the dump became one."""
        return self.archive.dump_size / max(1, self.archive.size)

    def verified_as(self, verification: Verification) -> "Manifest":
        return dataclasses.replace(self, verified=verification)


@dataclass(frozen=True)
class _Written:
    manifest: Manifest
    sha256: str


@dataclass(frozen=True)
class _AnyFormat:
    format: int


@dataclass(frozen=True)
class _OfAnyFormat:
    manifest: _AnyFormat


def written(manifest: Manifest) -> bytes:
    sha256 = hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()
    return msgspec.json.format(msgspec.json.encode(_Written(manifest, sha256)), indent=2) + b"\n"


def read(name: str, data: bytes) -> Manifest:
    """Raises BackupDamaged, or BackupUnfit where a later release has written it."""
    try:
        found = msgspec.json.decode(data, type=_Written).manifest
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        _refuse_later_format(name, data)
        raise BackupDamaged(name=name, why=f"its manifest cannot be read ({error})") from error
    if written(found) != data:
        raise BackupDamaged(name=name, why="its manifest is not what was written")
    if found.format != FORMAT:
        _refuse_later_format(name, data)
    if found.name != name:
        raise BackupDamaged(name=name, why=f"its manifest is that of {found.name}")
    return found


def _refuse_later_format(name: str, data: bytes) -> None:
    try:
        number = msgspec.json.decode(data, type=_OfAnyFormat).manifest.format
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    if number > FORMAT:
        why = f"its format is {number}, this release of aistore reads {FORMAT}"
        raise BackupUnfit(name=name, why=why, remedy="Restore it with the release that made it.")
