"""A file as it comes in, from whatever it comes."""

import io
import tempfile
import tracemalloc
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from aistore.exceptions import InvalidUpload, UploadTooLarge
from aistore.files.receiving import IN_MEMORY, received

LIMIT = 10 * IN_MEMORY


def temporary(data):
    file = TemporaryUploadedFile("a.txt", "image/png", len(data), "utf-8")
    file.write(data)
    return file


class Once(io.RawIOBase):
    """Can be read, and not wound back, as what comes over a line."""

    def __init__(self, data):
        self.file = io.BytesIO(data)

    def read(self, size=-1):
        return self.file.read(size)


SOURCES = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "stream": io.BytesIO,
    "ContentFile": ContentFile,
    "File": lambda data: File(io.BytesIO(data)),
    "SimpleUploadedFile": lambda data: SimpleUploadedFile("a.png", data, "image/png"),
    "TemporaryUploadedFile": temporary,
    "line": Once,
}
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


class Endless(io.RawIOBase):
    """Says nothing of its size."""

    def __init__(self):
        self.given = 0

    def read(self, size=-1):
        self.given += size
        return b"x" * size


class Broken(io.RawIOBase):
    def read(self, size=-1):
        raise OSError("the line is dead")


def refused(source, limit=LIMIT):
    with pytest.raises(InvalidUpload) as raised, received(source, name="", limit=limit):
        pass
    return str(raised.value)


@every_source
@pytest.mark.parametrize("size", [1, 65_535, 65_537])
def test_from(source, size):
    """Size, hash and bytes, from each kind of file."""
    data = b"x" * size
    file = source(data)
    with received(file, name="", limit=LIMIT) as found:
        assert found.file.read() == data
        assert (found.size, found.sha256) == (size, sha256(data).hexdigest())
    getattr(file, "close", bytes)()


def test_from_its_beginning():
    """Who has just written a file need not wind it back."""
    file = io.BytesIO()
    file.write(b"Hue")
    with received(file, name="", limit=LIMIT) as found:
        assert found.file.read() == b"Hue"
    assert not file.closed


def test_the_limit():
    """As many bytes as allowed, and one more."""
    with received(b"abc", name="", limit=3) as found:
        assert found.size == 3
    assert refused(b"abcd", limit=3) == (
        "The file is larger than 3 bytes, so nothing of it was stored. "
        "Send a smaller one, or raise AISTORE['UPLOAD_MAX_BYTES']."
    )


def test_a_lie_about_the_size():
    """What comes is counted, not what was announced."""
    file = SimpleUploadedFile("a.txt", b"abcd")
    file.size = 1
    assert "larger than 3 bytes" in refused(file, limit=3)


def test_what_never_ends():
    """Is read to the limit, and not much further."""
    source = Endless()
    with pytest.raises(UploadTooLarge), received(source, name="", limit=IN_MEMORY):
        pass
    assert source.given < 2 * IN_MEMORY


def test_the_memory():
    """Of a file of 64 MB, four at most, wherever it comes from."""
    with tempfile.TemporaryFile() as file:
        file.truncate(64 * IN_MEMORY)
        tracemalloc.start()
        with received(file, name="", limit=10**9) as found:
            assert found.size == 64 * IN_MEMORY
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * IN_MEMORY


def test_nothing():
    assert refused(b"").startswith("The file cannot be stored: it is empty. Nothing was written.")


@pytest.mark.parametrize("source", ["/etc/passwd", None, 7, [b"a"]])
def test_no_file(source):
    """A path is no file: it might be a stranger's idea of one."""
    assert f"{type(source).__name__} is no file" in refused(source)


def test_open_as_text():
    assert "reading it gives str and not bytes" in refused(io.StringIO("Hue"))


def test_a_source_that_breaks():
    """Its own error comes through."""
    with pytest.raises(OSError, match="the line is dead"), received(Broken(), name="", limit=LIMIT):
        pass
