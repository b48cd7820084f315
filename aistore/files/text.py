"""Whether a file is text, told from all of its bytes while they pass by."""

import codecs
import re
from typing import Any

BEGINNING = 64 * 1024  # bytes; enough for the comments that may stand before the first tag

# No text has these: all controls but tab, line feed, vertical tab, form feed, carriage return and escape.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class TextWatch:
    """``is_text``: Unicode throughout and no control characters. ``is_perhaps_text``: no control characters, in an
    encoding of old that bytes do not tell; so are many binary files that are short."""

    def __init__(self) -> None:
        self.head = b""
        self.is_text = True
        self.is_perhaps_text = True
        self.encoding = "utf-8"
        self._decoder: Any = None

    def feed(self, chunk: bytes) -> None:
        if len(self.head) < BEGINNING:
            self.head += chunk[: BEGINNING - len(self.head)]
        if self._decoder is None:
            self.encoding = _marked(chunk)
            self._decoder = codecs.getincrementaldecoder(self.encoding)()
        if self.is_perhaps_text and _CONTROLS.search(chunk):
            self.is_perhaps_text = False
        if self.is_text:
            self._decode(chunk)

    @property
    def beginning(self) -> str:
        """For looking at, not for keeping."""
        encoding = self.encoding if self.is_text else "latin-1"
        return self.head.decode(encoding, "replace").lstrip("\ufeff")

    def _decode(self, chunk: bytes) -> None:
        try:
            decoded = self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self.is_text = False
            return
        self.is_text = (
            self.is_perhaps_text if self.encoding == "utf-8" else not _WIDE_CONTROLS.search(decoded)
        )


def _marked(chunk: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS if chunk.startswith(mark)), "utf-8")
