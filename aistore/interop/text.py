"""The text of a stream: decoded chunk by chunk, cut into lines or JSON elements, forgotten when used."""

import codecs
import re
from collections.abc import Callable

from ..conf import settings
from ..exceptions import BadConversation, UnreadableFile
from .source import Source

_SPACE = re.compile(r"[ \t\r\n]*+")
_SEPARATORS = re.compile(r"[ \t\r\n,]*+")
_FOREIGN = re.compile("[\udc80-\udcff]")  # what the decoder makes of bytes that are not UTF-8

# A group must not be repeated possessively: Python before 3.11.5, Debian 12's for one, then matches too little.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*"'
_TO_BRACKET = re.compile(rf'(?:[^"{{}}\[\]]++|{_STRING})*([{{}}\[\]"]?)', re.DOTALL)
_TO_END_OF_WORD = re.compile(rf'(?:[^"{{}}\[\],]++|{_STRING})*([{{}}\[\],"]?)', re.DOTALL)
_TO_END_OF_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*("?)', re.DOTALL)

# (buffer, where to go on) -> (how far it came, whether the end is there)
Follow = Callable[[str, int], tuple[int, bool]]


class Text:
    """``buffer`` from ``position`` on is what was not used yet; it grows when an element is not all there."""

    LEAST = (
        1024**2
    )  # characters to grow by: gzip gives 30,000 at a time, and few elements should be cut in two

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.buffer = ""
        self.position = 0
        self.has_foreign_bytes = False
        self._chunks = source.chunks
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._broken: UnreadableFile | None = None
        self._is_over = False

    def skip_space(self) -> str:
        """The next character that is no space, or "" at the end."""
        return self._skip(_SPACE)

    def skip_separators(self) -> str:
        return self._skip(_SEPARATORS)

    def peek_line(self) -> str:
        here, found = _follow_line(self.buffer, self.position)
        while not found and here - self.position < settings.IMPORT_MAX_CONVERSATION_BYTES and self.more():
            here, found = _follow_line(self.buffer, self.position)
        return self.buffer[self.position : here]

    def cut_line(self, where: str) -> str | None:
        """The next line, or None at the end."""
        line, found = self._cut(_follow_line, where)
        return line if found or line else None

    def cut_element(self, where: str) -> str:
        """The next JSON element, broken or not."""
        element, found = self._cut(Scanner().follow, where)
        if not found:
            raise self.broken_off(where)
        return element

    def broken_off(self, where: str) -> UnreadableFile:
        return UnreadableFile(
            path=self.name,
            why=f"its JSON breaks off in conversation {where}",
            remedy="What came before was read; export again, or copy the file again.",
        )

    def more(self) -> bool:
        """Forgets what was used and adds as much again as is left, so that growing takes linear time."""
        pieces = [self.buffer[self.position :]]
        wanted = max(self.LEAST, len(pieces[0]))
        while wanted > 0 and (piece := self._next_piece()):
            pieces.append(piece)
            wanted -= len(piece)
        self.buffer, self.position = "".join(pieces), 0
        if self._broken and len(pieces) == 1:
            raise self._broken
        return len(pieces) > 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        while True:
            self.position = _matched(pattern, self.buffer, self.position).end()
            if self.position < len(self.buffer) or not self.more():
                return self.buffer[self.position : self.position + 1]

    def _cut(self, follow: Follow, where: str) -> tuple[str, bool]:
        """The text that ``follow`` goes through, and whether it found the end. What is too large is passed
        over without being kept, and raises BadConversation."""
        here, is_too_large = self.position, False
        while True:
            here, found = follow(self.buffer, here)
            is_too_large |= here - self.position > settings.IMPORT_MAX_CONVERSATION_BYTES
            if is_too_large:
                self.position = here
            if found:
                break
            here -= self.position
            if not self.more():
                break
        cut, self.position = self.buffer[self.position : here], here
        self._refuse(cut, where, is_too_large)
        return cut, found

    def _refuse(self, cut: str, where: str, is_too_large: bool) -> None:
        if is_too_large:
            limit = settings.IMPORT_MAX_CONVERSATION_BYTES
            why = f"it is larger than {limit:,} bytes (AISTORE['IMPORT_MAX_CONVERSATION_BYTES'])"
        elif self.has_foreign_bytes and _FOREIGN.search(cut):
            why = "it is not UTF-8 text"
        else:
            return
        raise BadConversation(conversation=where, why=why)

    def _next_piece(self) -> str:
        """The next chunk as text; "" at the end and where the stream breaks off."""
        try:
            while chunk := next(self._chunks, b""):
                if piece := self._decoded(chunk):
                    return piece
        except UnreadableFile as error:
            self._broken = error
        return "" if self._is_over else self._last_piece()

    def _last_piece(self) -> str:
        self._is_over = True
        return self._decoded(b"", final=True)

    def _decoded(self, chunk: bytes, *, final: bool = False) -> str:
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(chunk, final)
        except UnicodeDecodeError:
            self.has_foreign_bytes = True
            self._decoder.reset()
            self._decoder.errors = "surrogateescape"
            self._decoder.setstate(state)
            return self._decoder.decode(chunk, final)


class Scanner:
    """Follows an element by brackets and strings alone, so to any depth and whatever is wrong inside.
    Where the buffer ends it stops, and goes on from there when the buffer has grown."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False

    def follow(self, buffer: str, here: int) -> tuple[int, bool]:
        if self._in_string:
            here = self._through_string(buffer, here)
        if self._in_string:
            return here, False
        if self._depth == 0:
            return self._to_first_bracket(buffer, here)
        return self._to_last_bracket(buffer, here)

    def _through_string(self, buffer: str, here: int) -> int:
        match = _matched(_TO_END_OF_STRING, buffer, here)
        self._in_string = not match[1]
        return match.end()

    def _to_first_bracket(self, buffer: str, here: int) -> tuple[int, bool]:
        """Or to the end of a word that should not be there: before the next comma or closing bracket."""
        match = _matched(_TO_END_OF_WORD, buffer, here)
        if match[1] in ("{", "["):
            self._depth = 1
            return self._to_last_bracket(buffer, match.end())
        if match[1] == '"':
            self._in_string = True
            return match.end(), False
        return max(match.start(1), here + 1), bool(match[1])

    def _to_last_bracket(self, buffer: str, here: int) -> tuple[int, bool]:
        for match in _TO_BRACKET.finditer(buffer, here):
            bracket = match[1]
            if bracket in ("{", "["):
                self._depth += 1
            elif bracket == '"':
                self._in_string = True
                return self._through_string(buffer, match.end()), False
            elif bracket:
                self._depth -= 1
                if self._depth == 0:
                    return match.end(), True
        return len(buffer), False


def _follow_line(buffer: str, here: int) -> tuple[int, bool]:
    end = buffer.find("\n", here)
    return (end + 1, True) if end >= 0 else (len(buffer), False)


def _matched(pattern: re.Pattern[str], buffer: str, here: int) -> re.Match[str]:
    """All patterns above match the empty text, so there is always a match."""
    match = pattern.match(buffer, here)
    if match is None:
        raise AssertionError(pattern.pattern)
    return match
