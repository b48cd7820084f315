"""Columns that give back exactly what was put in.

PostgreSQL's text refuses NUL, UTF-8 refuses lone surrogates, and chats contain both: cut-off emoji, binary
tool output.

Note [Escaped characters]. Such a character is stored as U+FDD0 and four hexadecimal digits. U+FDD0 is a
noncharacter, which Unicode keeps free for the inside of programs; one that does occur in a text is escaped
itself. Every other text is stored as it is, so psql, search and other programs read it unchanged.
"""

import json
import re
import sys
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from django.db import models
from django.db.models.fields.json import KeyTransform
from psycopg.types.json import Jsonb

from .conf import settings
from .exceptions import UnstorableValue

if sys.version_info >= (3, 14):
    uuid7: Callable[[], uuid.UUID] = uuid.uuid7
else:
    from uuid_utils.compat import uuid7 as uuid7

ESCAPE = "\ufdd0"
_ESCAPED = re.compile(f"{ESCAPE}([0-9a-f]{{4}})")
_REFUSED = re.compile(f"[\x00\ud800-\udfff{ESCAPE}]")
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EXACT_FLOATS = 1e16  # from here on a float is whole and its repr has an exponent


FIXED = {"primary_key": True, "default": uuid7, "editable": False}


class UUID7Field(models.UUIDField):
    """A primary key that is sortable by time of making and safe to show."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | FIXED)

    def deconstruct(self) -> Any:
        """Without the options that are always the same: where uuid7 comes from depends on the Python."""
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, {key: options[key] for key in options if key not in FIXED}


class ExactTextField(models.TextField):
    """Text that comes back equal, character by character. See Note [Escaped characters]."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return escape(value) if isinstance(value, str) else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return value if value is None or ESCAPE not in value else unescape(value)


class ExactJSONField(models.JSONField):
    """jsonb whose strings and keys come back equal; what cannot come back equal is refused before anything
    is written. Key order is not kept (jsonb), and a float of 1e16 or more comes back as the equal int."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return super().get_db_prep_value(value, connection, prepared)
        return Jsonb(json_text(value, where=f"{self.model.__name__}.{self.name}"), dumps=_as_it_is)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value == "{}":  # most rows: answered without a parser
            return {}
        if value == "[]":
            return []
        if value is None or (isinstance(expression, KeyTransform) and not isinstance(value, str)):
            return value
        return json_value(value)


def escape(text: str) -> str:
    """The text as PostgreSQL can keep it."""
    if "\x00" not in text and ESCAPE not in text:
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _REFUSED.sub(lambda match: f"{ESCAPE}{ord(match[0]):04x}", text)


def unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def readable(text: str) -> str:
    """The text as a page, a log or a terminal can show it: control characters become their pictures (␀, ␛),
    lone surrogates U+FFFD. For people only; it cannot be turned back."""
    return _UNSHOWN.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x7F:
        return "␡"
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def json_text(value: Any, *, where: str) -> str:
    """The value as JSON that PostgreSQL keeps, or UnstorableValue; ``where`` names it in the error."""
    if value == {} or value == []:
        return "[]" if isinstance(value, list) else "{}"
    text = _dumped(value, where)
    if _inspect(value, where) or "\\u0000" in text or escape(text) != text:
        return json.dumps(_escaped(value), ensure_ascii=False)
    return text


def json_value(text: str) -> Any:
    """What json_text() was given."""
    value = _decoded(text)
    return _unescaped(value) if ESCAPE in text else value


def _dumped(value: Any, where: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise _too_deep(where) from None
    except TypeError as error:
        why, remedy = str(error), "Use dicts with string keys, lists, strings, numbers, booleans and None."
    except ValueError as error:
        why, remedy = str(error), "Leave it out or write it as a string."
    raise UnstorableValue(where=where, why=why, remedy=remedy)


def _inspect(value: Any, where: str) -> bool:
    """Whether a number needs rewriting; raises for keys that are no strings and for too deep a nesting.

    Level by level, so that depth costs no recursion. Cycles were found by the encoder before.
    """
    limit = settings.JSON_MAX_DEPTH
    level, depth, rewrite = [value], 0, False
    while level:
        depth += 1
        if depth > limit:
            raise _too_deep(where)
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                _refuse_other_keys(item, where)
                below.extend(item.values())
            elif isinstance(item, list | tuple):
                below.extend(item)
            elif isinstance(item, float) and abs(item) >= _EXACT_FLOATS:
                rewrite = True
        level = [item for item in below if isinstance(item, dict | list | tuple | float)]
    return rewrite


def _refuse_other_keys(item: dict[Any, Any], where: str) -> None:
    other = next((key for key in item if not isinstance(key, str)), None)
    if other is not None or None in item:
        raise UnstorableValue(
            where=where, why=f"the key {other!r} is not a string", remedy="JSON knows only string keys."
        )


def _too_deep(where: str) -> UnstorableValue:
    limit = settings.JSON_MAX_DEPTH
    return UnstorableValue(
        where=where,
        why=f"it is nested more than {limit} levels deep",
        remedy="Store it as a string, or raise AISTORE['JSON_MAX_DEPTH'].",
    )


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return {escape(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    if isinstance(value, float) and abs(value) >= _EXACT_FLOATS:
        return int(value)  # jsonb would read "1e+23" as the decimal number, which is not this float
    return value


def _unescaped(value: Any) -> Any:
    if isinstance(value, str):
        return unescape(value)
    if isinstance(value, dict):
        return {unescape(key): _unescaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    return value


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # numbers of more digits than it reads
        return json.loads(text)


def _as_it_is(text: str) -> str:
    return text
