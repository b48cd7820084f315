"""What a file is, by its bytes. Neither its name nor what the client says of it is believed, with one exception.

Text first: whatever is Unicode throughout is text, however it begins ("BM…" is no picture, "GIF89a/*" no animation).
What kind of text it is (Markdown, a table, source code) bytes do not tell; there the name's extension decides among
kinds that no browser runs. HTML, SVG and XML are told by how they begin, as browsers tell them.

Signatures are those of ``filetype``: one answer for a file, the same on every Python. See docs/why/uploads.md.
"""

import re
from typing import IO

import filetype

from .containers import OLE, ZIP, in_ole, in_zip
from .kinds import text_kind
from .text import TextWatch

UNKNOWN = "application/octet-stream"
SIGNATURE = 8192  # bytes that filetype looks at

# Formats that are programs or pages and happen to be written in letters.
LETTERS = (b"%PDF-", b"{\\rtf", b"%!PS")

# Names of one type that are in use; on the right the registered one, or the one that browsers send.
SAME = {
    "audio/x-aiff": "audio/aiff",
    "audio/x-flac": "audio/flac",
    "audio/x-wav": "audio/wav",
    "application/font-woff": "font/woff",
    "application/font-sfnt": "font/sfnt",
    "application/x-rar-compressed": "application/vnd.rar",
}

# Atomic, so that ten thousand comments before a tag that never comes cost no more than their length.
_ROOT = re.compile(
    r"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*<(?:\w+:)?(\w+)", re.DOTALL | re.I
)
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|(?:html|head|body|script|iframe|style|title)(?=[\s/>]))", re.I)
# With one of these a page may begin, and Markdown as well.
_PIECE = re.compile(
    r"\s*<(?:!--|(?:a|b|base|br|div|embed|font|form|h[1-6]|img|link|math|meta|object|p|table|video)(?=[\s/>]))",
    re.I,
)


def content_type_of(file: IO[bytes], watch: TextWatch, name: str) -> str:
    """``file`` may be read and sought in; where it stands afterwards is left open."""
    if watch.is_text and not watch.head.startswith(LETTERS):
        return _of_text(watch.beginning, name)
    if watch.head.startswith(ZIP):
        return in_zip(file)
    if watch.head.startswith(OLE):
        return in_ole(file)
    found = filetype.guess_mime(watch.head[:SIGNATURE])
    if found:
        return SAME.get(found, found)
    return _of_text(watch.beginning, name) if watch.is_perhaps_text else UNKNOWN


def _of_text(beginning: str, name: str) -> str:
    kind = text_kind(name)
    if not beginning.lstrip().startswith("<"):
        return kind
    root = _ROOT.match(beginning)
    tag = root[1].lower() if root else ""
    if tag == "svg":
        return "image/svg+xml"
    if tag == "html" or _PAGE.match(beginning) or (_PIECE.match(beginning) and kind != "text/markdown"):
        return "text/html"
    return "application/xml" if beginning.lstrip().startswith("<?xml") else kind
