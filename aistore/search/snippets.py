"""The place of a text where the words were found, as HTML with the words marked.

``ts_headline`` parses the whole text again (a millisecond for 10 kB), knows neither pieces of words nor scripts without
spaces, and does not escape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString

from ..fields import readable
from .query import Query
from .scripts import REPLACED, REPLACEMENTS, UNSPACED

LENGTH = 200  # characters
BEFORE = 60  # characters in front of the first word
LOOKED_AT = 100_000  # characters; the words behind are not in the index either
MOST_MARKS = 500  # among which the best place is looked for

_SPACES = re.compile(r"\s+")
# What would turn the direction of the page around it, and what nobody sees.
_DIRECTIONS = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_UNSPACED = re.compile(f"[{UNSPACED}]+")
_WORD = re.compile(f"[^\\W_{UNSPACED}]+")

Span = tuple[int, int]


def snippet(text: str, query: Query) -> SafeString:
    """Some 200 characters, escaped, each word in <mark>. The beginning, where none is found."""
    shown = unicodedata.normalize("NFC", readable(_DIRECTIONS.sub("", text[:LOOKED_AT])))
    marks = _marks(_flat(shown), query)
    start, end = _window(shown, marks)
    parts, here = ["…" if start else ""], start
    for first, last in _joined(mark for mark in marks if start <= mark[0] < end):
        last = min(last, end)
        parts += [_html(shown[here:first]), "<mark>", _html(shown[first:last]), "</mark>"]
        here = last
    parts += [_html(shown[here:end]), "…" if end < len(shown) or len(text) > LOOKED_AT else ""]
    return SafeString("".join(parts))


def _marks(flat: str, query: Query) -> list[Span]:
    marks: list[Span] = []
    for word in dict.fromkeys(word for text in query.wanted for word in _words(_flat(text))):
        marks += _places(flat, word)
    return sorted(marks)


def _words(text: str) -> list[str]:
    """Those that are looked for one by one; where there are none, what was typed itself."""
    found = _WORD.findall(text) + _UNSPACED.findall(text)
    return found or [text]


def _places(flat: str, word: str) -> list[Span]:
    """Whole words that begin so; else pieces of words; else what a stemmer may have found."""
    escaped = re.escape(word)
    if _UNSPACED.fullmatch(word):
        return _spans(flat, escaped)
    stem = re.escape(word[: max(3, len(word) // 2)])
    return (
        _spans(flat, rf"(?<![^\W_]){escaped}[^\W_{UNSPACED}]*")
        or _spans(flat, escaped)
        or (_spans(flat, rf"(?<![^\W_]){stem}[^\W_{UNSPACED}]*") if len(word) > 3 else [])
    )


def _spans(flat: str, pattern: str) -> list[Span]:
    spans: list[Span] = []
    for match in re.finditer(pattern, flat):
        spans.append(match.span())
        if len(spans) == MOST_MARKS:
            break
    return spans


def _window(shown: str, marks: list[Span]) -> Span:
    """Where most marks are near each other; of equals the first."""
    if len(shown) <= LENGTH:
        return 0, len(shown)
    best = max(range(len(marks)), key=lambda place: (_near(marks, place), -place), default=None)
    start = 0 if best is None else max(0, min(marks[best][0] - BEFORE, len(shown) - LENGTH))
    if start:  # rather not in the middle of a word
        space = shown.find(" ", start, start + BEFORE // 2)
        start = start if space < 0 else space + 1
    end = min(len(shown), start + LENGTH)
    if end < len(shown):
        space = shown.rfind(" ", end - BEFORE // 2, end)
        end = end if space < 0 else space
    return start, end


def _near(marks: list[Span], place: int) -> int:
    """How many marks a window that begins with this one shows. Looking at the next 20 is enough to tell."""
    limit = marks[place][0] + LENGTH - BEFORE
    return sum(1 for mark in marks[place : place + 20] if mark[1] <= limit)


def _joined(marks: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for first, last in marks:
        if joined and first < joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined


def _html(text: str) -> str:
    return str(escape(_SPACES.sub(" ", text)))


class _Folding(dict[int, str]):
    """Each letter without its marks and in lower case, as far as that is one letter: places stay what they are."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if _UNSPACED.match(letter):
            self[code] = letter
        else:
            flat = unicodedata.normalize("NFKD", letter)[:1].lower()[:1]
            self[code] = _STROKES.get(flat, flat)
        return self[code]


_STROKES = dict(zip(REPLACED, REPLACEMENTS, strict=True))
_FOLDING = _Folding()


def _flat(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_FOLDING)
