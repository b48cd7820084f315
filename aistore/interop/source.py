"""Opens what an export comes in: a file, a gzip, a zip or a folder of them. Nothing is unpacked to the disk,
so a name inside a zip is never a path."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ..conf import settings
from ..exceptions import UnreadableFile

_CHUNK = 1024**2  # bytes
_GZIP = b"\x1f\x8b"
_ZIP = b"PK"

# What to read in a zip or folder: the first of these that any name matches; the last only when it is alone.
_EXPORTS = (r"conversations(-\d+)?\.jsonl?(\.gz)?", r".+\.jsonl(\.gz)?", r".+\.json(\.gz)?")

OnProgress = Callable[[int, int | None], object]
Unpacked = IO[bytes] | gzip.GzipFile


@dataclass(frozen=True)
class Source:
    """One file of an export, unpacked: the chunks are of any size, and can be read once."""

    name: str
    chunks: Iterator[bytes]
    is_alone: bool = True


@dataclass
class Progress:
    """Counts what was read: unpacked, against the limit; packed, for the caller."""

    report: OnProgress
    total: int | None = None
    before: int = 0
    unpacked: int = 0
    limit: int = field(default_factory=lambda: settings.IMPORT_MAX_BYTES)

    def add(self, size: int, packed: IO[bytes], name: str) -> None:
        self.unpacked += size
        if self.unpacked > self.limit:
            why = f"unpacked, it is larger than {self.limit:,} bytes"
            raise _unreadable(name, why, "If you trust it, raise AISTORE['IMPORT_MAX_BYTES'].")
        self.report(self.unpacked if self.total is None else self.before + packed.tell(), self.total)


def sources(
    path_or_file: str | PathLike[str] | IO[bytes], on_progress: OnProgress | None = None
) -> Iterator[Source]:
    """The files of an export, in order; each is open until the next one is asked for."""
    progress = Progress(on_progress or _silent)
    if not isinstance(path_or_file, str | PathLike):
        yield from _in_file(path_or_file, _name(path_or_file), progress)
        return
    path = Path(path_or_file)
    files = _in_folder(path) if path.is_dir() else [path]
    progress.total = sum(_size(file) for file in files)
    for file in files:
        with _open(file) as packed:
            for source in _in_file(packed, str(file), progress):
                yield replace(source, is_alone=source.is_alone and len(files) == 1)
        progress.before += _size(file)


def _in_folder(folder: Path) -> list[Path]:
    try:
        names = [file.name for file in folder.iterdir() if file.is_file()]
    except OSError as error:
        raise _unreadable(str(folder), _reason(error), "Check its permissions.") from error
    return [folder / name for name in _exports(names, str(folder))]


def _exports(names: Iterable[str], where: str) -> list[str]:
    """Which of these files to read. Only the last part of a name counts, and it is never used as a path."""
    lasts = {name: PurePosixPath(name).name for name in names}
    for pattern in _EXPORTS:
        # a dot begins what a Mac puts beside the files of a zip
        found = [name for name, last in lasts.items() if re.fullmatch(pattern, last) and last[0] != "."]
        if len(found) == 1 or (found and pattern != _EXPORTS[-1]):
            return sorted(found, key=_by_number)
    raise _unreadable(where, "it holds no conversations.json and no .jsonl file", "Name the file to read.")


def _by_number(name: str) -> list[Any]:
    """conversations-2 before conversations-10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", name)]


def _in_file(packed: IO[bytes], name: str, progress: Progress) -> Iterator[Source]:
    first = _first_bytes(packed, name)
    if first.startswith(_ZIP):
        yield from _in_zip(packed, name, progress)
    elif first.startswith(_GZIP):
        with gzip.GzipFile(fileobj=packed) as unpacked:
            yield Source(name, _chunks(unpacked, packed, name, progress))
    else:
        yield Source(name, _chunks(packed, packed, name, progress))


def _in_zip(packed: IO[bytes], name: str, progress: Progress) -> Iterator[Source]:
    try:
        archive = zipfile.ZipFile(packed)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise _damaged(name, error) from error
    with archive:
        members = _exports((info.filename for info in archive.infolist() if not info.is_dir()), name)
        for member in members:
            label = f"{name}/{PurePosixPath(member).name}"
            with _open_member(archive, member, label) as unpacked:
                yield Source(label, _chunks(unpacked, packed, label, progress), is_alone=len(members) == 1)


def _open_member(archive: zipfile.ZipFile, member: str, label: str) -> Unpacked:
    try:
        unpacked = archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _damaged(label, error) from error
    return gzip.GzipFile(fileobj=unpacked) if member.endswith(".gz") else unpacked


def _chunks(unpacked: Unpacked, packed: IO[bytes], name: str, progress: Progress) -> Iterator[bytes]:
    read = getattr(unpacked, "read1", unpacked.read)  # read() would drop what came before damage
    while True:
        try:
            chunk = read(_CHUNK)
        except EOFError as error:
            raise _unreadable(name, "it is cut off", "Download or copy it again.") from error
        except (OSError, zlib.error, zipfile.BadZipFile) as error:
            raise _damaged(name, error) from error
        if not chunk:
            return
        progress.add(len(chunk), packed, name)
        yield chunk


def _first_bytes(packed: IO[bytes], name: str) -> bytes:
    try:
        if not packed.seekable():
            return packed.peek(2)[:2]  # type: ignore[attr-defined]  # what a pipe is wrapped in has it
        first = packed.read(2)
        if isinstance(first, str):
            raise _unreadable(name, "it was opened as text", "Open it with mode 'rb'.")
        packed.seek(-len(first), io.SEEK_CUR)
    except OSError as error:
        raise _damaged(name, error) from error
    return first


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise _unreadable(str(path), "there is no such file", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise _unreadable(str(path), _reason(error), "Check the path and its permissions.") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):  # _open() says it better
        return 0


def _name(file: IO[bytes]) -> str:
    return str(getattr(file, "name", "the file"))


def _silent(done: int, total: int | None) -> None:
    pass


def _damaged(name: str, error: Exception) -> UnreadableFile:
    return _unreadable(name, f"it is damaged ({_reason(error)})", "Download or copy it again.")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _unreadable(name: str, why: str, remedy: str) -> UnreadableFile:
    return UnreadableFile(path=name, why=why, remedy=remedy)
