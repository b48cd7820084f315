"""From a file to conversations: which format it has, and what happens to what cannot be read."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from os import PathLike
from types import ModuleType
from typing import IO, Any

from ..exceptions import BadConversation, InteropError, UnknownFormat, UnreadableFile
from .canonical import CanonicalConversation
from .elements import elements
from .formats import AUTO, FORMATS, readable
from .products import described
from .source import OnProgress, sources

_HEAD = 20  # values looked at before a file counts as unknown: its first ones may be broken

OnBad = Callable[[InteropError], object]


def read(
    path_or_file: str | PathLike[str] | IO[bytes],
    format: str = AUTO,
    *,
    on_bad: OnBad | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[CanonicalConversation]:
    """The conversations of an export, one at a time: of a file, a gzip, a zip or a folder of them.

    What cannot be read at all raises UnreadableFile or UnknownFormat. For a conversation that cannot be kept,
    and for a file that breaks off in the middle, ``on_bad(error)`` is called and the rest goes on; without
    ``on_bad`` the error is raised. ``on_progress(bytes read, bytes in all or None)`` is called now and then.
    """
    formats = _chosen(format)
    report = on_bad or _raise
    for source in sources(path_or_file, on_progress):
        try:
            yield from _conversations(elements(source), source.name, formats, report)
        except (UnreadableFile, UnknownFormat) as error:
            if source.is_alone:
                raise
            report(error)


def _chosen(name: str) -> list[ModuleType]:
    chosen = [FORMATS[known] for known in readable() if name in (AUTO, known)]
    if not chosen:
        raise UnknownFormat(path="The format asked for", found=repr(name), formats=", ".join(readable()))
    return chosen


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
    if len(formats) < len(readable()):
        why = f"it is {described(whole[0])} and not {formats[0].NAME}"
        raise UnreadableFile(path=name, why=why, remedy="Leave the format out and it is found out.")
    raise UnknownFormat(path=name, found=described(whole[0]), formats=", ".join(readable()))


def _raise(error: InteropError) -> None:
    raise error
