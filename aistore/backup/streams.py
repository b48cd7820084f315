"""Bytes on their way: compressed, hashed, written; read, checked, unpacked. One megabyte at a time, whatever the size.

Compressed here and not by pg_dump: many builds of it have no zstd, and any pg_restore can read what is unpacked before.
"""

import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..exceptions import BackupDamaged

try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
except ImportError:
    try:
        from backports import zstd
    except ImportError:  # then gzip, which takes longer and saves less
        zstd = None

CHUNK = 1024**2  # bytes
LEVEL = 3  # of zstd: 9 takes four times as long and saves a fifth
GZIP_LEVEL = 1  # 6 takes four times as long and saves a tenth
GZIP_FORMAT = 31  # zlib's word for 32 KiB of window and a gzip header
UNREADABLE = (zlib.error, EOFError, zstd.ZstdError) if zstd else (zlib.error, EOFError)
COMPRESSION = "zstd" if zstd else "gzip"
ENDINGS = {"zstd": ".zst", "gzip": ".gz"}

OnBytes = Callable[[int], object]  # so many more


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> Any: ...


class Compressing:
    """What is read from it is what ``source`` gives, compressed: by other threads, while we wait for the source."""

    def __init__(self, source: Readable, on_bytes: OnBytes) -> None:
        self.source = source
        self.on_bytes = on_bytes
        self.size = 0  # bytes that the source gave
        self._compressor: Any = _compressor()
        self._ready = memoryview(b"")

    def read(self, size: int = CHUNK) -> bytes:
        while not self._ready and self._compressor:
            data = self.source.read(CHUNK)
            self.size += len(data)
            self.on_bytes(len(data))
            if data:
                self._ready = memoryview(self._compressor.compress(data))
            else:
                self._ready, self._compressor = memoryview(self._compressor.flush()), None
        data, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return data


class Unpacking:
    """What is written to it comes to ``sink`` unpacked, by the megabyte: a few bytes may unpack to gigabytes."""

    def __init__(self, sink: Writable, compression: str, name: str) -> None:
        if compression == "zstd" and zstd is None:
            why = "it is compressed by zstd, and the package backports.zstd is not installed"
            raise BackupDamaged(name=name, why=why)
        self.sink = sink
        self.name = name
        self._unpacker: Any = zstd.ZstdDecompressor() if compression == "zstd" else _Gunzip()

    def write(self, data: bytes) -> int:
        try:
            self.sink.write(self._unpacker.decompress(bytes(data), CHUNK))
            while not (self._unpacker.needs_input or self._unpacker.eof):
                self.sink.write(self._unpacker.decompress(b"", CHUNK))
        except UNREADABLE as error:
            raise BackupDamaged(name=self.name, why=f"it cannot be unpacked ({error})") from error
        return len(data)

    def flush(self) -> None:
        """For age, which flushes what it has written."""

    def close(self) -> None:
        if not self._unpacker.eof or self._unpacker.unused_data:
            raise BackupDamaged(name=self.name, why="it ends too early, or too late")


class _Gunzip:
    """zlib's decompressor, by the names that zstd's has."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(GZIP_FORMAT)

    def decompress(self, data: bytes, size: int) -> bytes:
        return self._unpacker.decompress(self._unpacker.unconsumed_tail + data, size)

    @property
    def needs_input(self) -> bool:
        return not self._unpacker.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data


class HashedFile:
    """A new file for nobody else to read, which knows its size and its SHA-256."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.size = 0
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            view = view[os.write(self.file, view) :]
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """It has no buffer."""

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class HashedReader:
    """Reads a file, and knows what was read of it."""

    def __init__(self, source: Readable, on_bytes: OnBytes) -> None:
        self.source = source
        self.on_bytes = on_bytes
        self.size = 0
        self._hash = hashlib.sha256()

    def read(self, size: int = CHUNK) -> bytes:
        data = self.source.read(size)
        self._hash.update(data)
        self.size += len(data)
        self.on_bytes(len(data))
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def pump(source: Readable, sink: Writable) -> None:
    while data := source.read(CHUNK):
        sink.write(data)


def hashed(path: Path, on_bytes: OnBytes) -> tuple[str, int]:
    with path.open("rb") as file:
        reader = HashedReader(file, on_bytes)
        while reader.read():
            pass
    return reader.sha256, reader.size


def _compressor() -> Any:
    if zstd is None:
        return zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_FORMAT)
    parameters = zstd.CompressionParameter
    workers = min(2, os.cpu_count() or 1)
    return zstd.ZstdCompressor(
        options={
            parameters.compression_level: LEVEL,
            parameters.nb_workers: workers,
            parameters.checksum_flag: 1,
        }
    )
