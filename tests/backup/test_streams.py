"""Bytes on their way: the same come out, in small pieces, whatever the compression."""

import io

import pytest

from aistore.backup import streams
from aistore.backup.streams import CHUNK, Compressing, Unpacking
from aistore.exceptions import BackupDamaged

BOTH = pytest.mark.parametrize("compression", ["zstd", "gzip"])


@pytest.fixture
def compressed(compression, monkeypatch):
    """Compressed by what there is."""
    if compression == "gzip":
        monkeypatch.setattr(streams, "zstd", None)

    def compress(data):
        source = Compressing(io.BytesIO(data), lambda count: None)
        return b"".join(iter(lambda: source.read(8192), b""))

    return compress


class Pieces(list):
    write = list.append


@BOTH
def test_the_same_comes_out(compressed, compression):
    data = bytes(range(256)) * 20_000
    unpacking = Unpacking(pieces := Pieces(), compression, "x")
    packed = compressed(data)
    for start in range(0, len(packed), 1000):
        unpacking.write(packed[start : start + 1000])
    unpacking.close()
    assert b"".join(pieces) == data


@BOTH
def test_a_few_bytes_that_unpack_to_many(compressed, compression):
    """64 MB from a few kilobytes: never more than a megabyte at once."""
    unpacking = Unpacking(pieces := Pieces(), compression, "x")
    unpacking.write(compressed(bytes(64 * CHUNK)))
    unpacking.close()
    assert (max(map(len, pieces)), sum(map(len, pieces))) == (CHUNK, 64 * CHUNK)


@BOTH
@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"\0" + data[1:]]
)
def test_damage(compressed, compression, change):
    with pytest.raises(BackupDamaged):
        unpack(change(compressed(b"Hue" * 1000)), compression)


def unpack(data, compression):
    unpacking = Unpacking(Pieces(), compression, "x")
    unpacking.write(data)
    unpacking.close()


def test_zstd_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(streams, "zstd", None)
    with pytest.raises(BackupDamaged, match=r"backports\.zstd is not installed"):
        Unpacking(Pieces(), "zstd", "x")
