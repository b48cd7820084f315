"""What lies in a zip or in an OLE file of old: documents of many programs, which begin with the same bytes.

Told by the names of their parts, which are looked for and not listed: the directory of a hostile zip may have a
million entries.
"""

import re
from typing import IO

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

WINDOW = 128 * 1024  # bytes at either end of a zip
_PARTS = re.compile(rb"PK(?:\x03\x04.{26}|\x01\x02.{42})([\x20-\xff]{1,200})", re.DOTALL)
_OWN_WORD = re.compile(
    rb"PK\x03\x04.{26}mimetype(application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z-]{1,40}))", re.DOTALL
)  # ODF, EPUB

OPEN_XML = "application/vnd.openxmlformats-officedocument"
_BY_PART = (
    (b"word/", f"{OPEN_XML}.wordprocessingml.document"),
    (b"xl/", f"{OPEN_XML}.spreadsheetml.sheet"),
    (b"ppt/", f"{OPEN_XML}.presentationml.presentation"),
)
MACROS = "application/vnd.ms-office.macroEnabled"  # of whichever program: nobody has asked which
JAVA = "application/java-archive"
ANDROID = "application/vnd.android.package-archive"

_SECTOR = 512  # bytes, in all but the newest of old files
_BY_STREAM = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
)


def in_zip(file: IO[bytes]) -> str:
    ends = _ends(file)
    own_word = _OWN_WORD.match(ends)
    if own_word:
        return own_word[1].decode("ascii")
    names = [match[1] for match in _PARTS.finditer(ends)]
    if any(b"vbaProject.bin" in name for name in names):
        return MACROS
    if any(name.startswith(b"AndroidManifest.xml") for name in names):
        return ANDROID
    if any(name.startswith(b"META-INF/MANIFEST.MF") for name in names):
        return JAVA
    if any(name.startswith(b"[Content_Types].xml") for name in names):
        found = (kind for part, kind in _BY_PART if any(name.startswith(part) for name in names))
        return next(found, "application/zip")
    return "application/zip"


def _ends(file: IO[bytes]) -> bytes:
    """The beginning with the first parts, and the end with the directory of them all."""
    file.seek(0)
    head = file.read(WINDOW)
    size = file.seek(0, 2)
    file.seek(max(len(head), size - WINDOW))
    return head + file.read(WINDOW)


def in_ole(file: IO[bytes]) -> str:
    """By the names in the first sectors of its directory, of which the header says where it begins."""
    file.seek(0)
    header = file.read(_SECTOR)
    sector = 1 << min(int.from_bytes(header[30:32], "little"), 12)  # as its power of two
    file.seek((int.from_bytes(header[48:52], "little") + 1) * sector)
    directory = file.read(4096)
    found = (kind for stream, kind in _BY_STREAM if f"{stream}\0".encode("utf-16-le") in directory)
    return next(found, "application/x-ole-storage")
