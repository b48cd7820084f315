"""The formats, by name.

A format is one module of this package, listed here. What it has:

``NAME``
    the word for it in commands and errors
``recognises(value) -> bool``
    whether one decoded JSON value (an element of the list, a line, the whole file) is a conversation of it;
    called with anything, never raises
``conversation(value) -> CanonicalConversation``
    that value as plain data; raises BadConversation where it cannot be kept
``write(conversations, file)``
    where the format can be written: an iterable of Loaded to a binary file

What a file is packed in (gzip, zip, folder; a list, lines) is no business of a format: ``source`` opens it,
``elements`` takes it apart.
"""

from types import ModuleType

from . import chatgpt, jsonl, markdown

FORMATS: dict[str, ModuleType] = {module.NAME: module for module in (jsonl, chatgpt, markdown)}
AUTO = "auto"  # whatever it is


def readable() -> list[str]:
    return [name for name, module in FORMATS.items() if hasattr(module, "conversation")]


def writable() -> list[str]:
    return [name for name, module in FORMATS.items() if hasattr(module, "write")]
