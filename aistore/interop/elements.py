"""Takes JSON text apart into its elements: those of a list, lines, or values one after the other.

Note [Elements]. A list of 1 GB is never held as a whole. The json module decodes an element where it stands
and says where it ends, at 130 MB/s (ijson: 90, and it stops for good at the first error). Where that fails,
because the element is not all there yet, or broken, or 100,000 levels deep, a scanner that only counts
brackets finds the end, at 100 MB/s. So a broken element costs that element, not the rest of the file.
"""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec

from ..exceptions import BadConversation, UnreadableFile
from .source import Source
from .text import Text

_LINES = (".jsonl", ".jsonl.gz", ".ndjson")
_BYTE_ORDER_MARK = "\udcff\udcfe"  # FF FE, or the other way round: what the decoder makes of UTF-16
_DECODER = json.JSONDecoder(strict=False)  # a raw control character in a string is read as it is


def elements(source: Source) -> Iterator[Any]:
    """The decoded values; in the place of a broken one its BadConversation. Where the file breaks off, the
    last element is an UnreadableFile."""
    text = Text(source)
    try:
        yield from _elements(text)
    except UnreadableFile as error:
        yield error


def _elements(text: Text) -> Iterator[Any]:
    first = text.skip_space()
    if first == "[":
        text.position += 1
        return _values(text, closing="]")
    if first and text.name.endswith(_LINES):
        return _lines(text)
    if first != "{":
        raise UnreadableFile(
            path=text.name,
            why=_not_json(first),
            remedy="Give the file as it was exported.",
        )
    # One object in each line, or one over many lines: only a whole one ends its line with a bracket.
    if text.peek_line().rstrip().endswith("}"):
        return _lines(text)
    return _values(text, closing="")


def _not_json(first: str) -> str:
    if not first:
        return "it is empty"
    return "it is UTF-16 and not UTF-8 text" if first in _BYTE_ORDER_MARK else "it holds no JSON"


def _values(text: Text, *, closing: str) -> Iterator[Any]:
    for number in count(1):
        where = f"number {number} of {text.name}"
        following = text.skip_separators()
        if following == closing:
            return
        if not following:
            raise text.broken_off(where)
        yield _value(text, where)


def _value(text: Text, where: str) -> Any:
    try:
        value, end = _DECODER.raw_decode(text.buffer, text.position)
    except (ValueError, RecursionError):
        return _cut_value(text, where)
    if not isinstance(value, dict) or text.has_foreign_bytes:  # a number might go on in the next chunk
        return _cut_value(text, where)
    text.position = end
    return value


def _cut_value(text: Text, where: str) -> Any:
    try:
        return _decoded(text.cut_element(where), where)
    except BadConversation as error:
        return error


def _lines(text: Text) -> Iterator[Any]:
    for number in count(1):
        where = f"in line {number} of {text.name}"
        try:
            line = text.cut_line(where)
            if line is None:
                return
            if line and not line.isspace():
                yield _decoded(line, where)
        except BadConversation as error:
            yield error


def _decoded(element: str, where: str) -> Any:
    try:
        return msgspec.json.decode(element)
    except (msgspec.MsgspecError, RecursionError):  # it is stricter than needed: lone surrogates, 1e999, NaN
        return _decoded_patiently(element, where)


def _decoded_patiently(element: str, where: str) -> Any:
    try:
        return _DECODER.decode(element)
    except RecursionError:
        why = "it is nested too deep to be read"
    except json.JSONDecodeError as error:
        why = f"it is not valid JSON ({error.msg} at character {error.pos})"
    except ValueError as error:  # a number of more digits than Python takes
        why = f"it cannot be decoded ({error})"
    raise BadConversation(conversation=where, why=why)
