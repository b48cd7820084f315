"""Reads and writes the exports of other products, and our own.

A format is one module of this package, listed in ``FORMATS``. What it has:

``NAME``
    the word for it in commands and errors
``recognises(value) -> bool``
    whether one decoded JSON value (an element of the list, a line, the whole file) is a conversation of it;
    called with anything, never raises
``conversation(value) -> CanonicalConversation``
    that value as plain data; raises BadConversation where it cannot be kept
``write(conversations, file)``
    where the format can be written: an iterable of (Conversation, its messages in order) to a binary file

What a file is packed in (gzip, zip, folder; a list, lines) is no business of a format: ``source`` opens it,
``elements`` takes it apart.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from os import PathLike
from types import ModuleType
from typing import IO, Any

from ..exceptions import BadConversation, InteropError, UnknownFormat, UnreadableFile
from . import jsonl
from .canonical import CanonicalConversation
from .elements import elements
from .products import described
from .source import OnProgress, sources

__all__ = ["FORMATS", "read"]

FORMATS: dict[str, ModuleType] = {module.NAME: module for module in (jsonl,)}

_HEAD = 20  # values looked at before a file counts as unknown: its first ones may be broken

OnBad = Callable[[InteropError], object]


def read(
    path_or_file: str | PathLike[str] | IO[bytes],
    format: str = "auto",
    *,
    on_bad: OnBad | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[CanonicalConversation]:
    """The conversations of an export, one at a time: of a file, a gzip, a zip or a folder of them.

    What cannot be read at all raises UnreadableFile or UnknownFormat. For a conversation that cannot be kept,
    and for a file that breaks off in the middle, ``on_bad(error)`` is called and the rest goes on; without
    ``on_bad`` the error is raised. ``on_progress(bytes read, bytes in all or None)`` is called now and then.
    """
    formats = _readable(format)
    report = on_bad or _raise
    for source in sources(path_or_file, on_progress):
        try:
            yield from _conversations(elements(source), source.name, formats, report)
        except (UnreadableFile, UnknownFormat) as error:
            if source.is_alone:
                raise
            report(error)


def _readable(name: str) -> list[ModuleType]:
    readable = [module for module in FORMATS.values() if hasattr(module, "conversation")]
    chosen = [module for module in readable if name in ("auto", module.NAME)]
    if chosen:
        return chosen
    names = ", ".join(module.NAME for module in readable)
    raise UnknownFormat(path="The format asked for", found=repr(name), formats=names)


def _conversations(
    values: Iterator[Any], name: str, formats: list[ModuleType], on_bad: OnBad
) -> Iterator[CanonicalConversation]:
    head = list(islice(values, _HEAD))
    chosen = _recognise(head, name, formats)
    for value in chain(head, values):
        try:
            if isinstance(value, InteropError):
                raise value
            conversation = chosen.conversation(value)
        except (BadConversation, UnreadableFile) as error:
            on_bad(error)
        else:
            yield conversation


def _recognise(head: list[Any], name: str, formats: list[ModuleType]) -> ModuleType:
    """The first format that knows one of the first values."""
    whole = [value for value in head if not isinstance(value, InteropError)]
    for value in whole:
        for module in formats:
            if module.recognises(value):
                return module
    if head and isinstance(head[0], UnreadableFile):
        raise head[0]
    if not whole:
        return formats[0]  # an empty list, or nothing but errors, which speak for themselves
    raise UnknownFormat(path=name, found=described(whole[0]), formats=", ".join(m.NAME for m in formats))


def _raise(error: InteropError) -> None:
    raise error
