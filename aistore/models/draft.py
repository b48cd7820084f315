"""From what a caller gives for a message to a row that PostgreSQL will take, or a clear error before it is asked."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import msgspec

from ..exceptions import InvalidMessage, UnstorableValue
from ..fields import escape, json_text, json_value, uuid7
from . import tool_calls, usage
from .rules import EXTERNAL_ID_LENGTH

if TYPE_CHECKING:
    from .message import Message


class Draft(msgspec.Struct, kw_only=True):
    """A message before it has a number: a tenth of the price of a model instance, which comes when it is stored."""

    id: uuid.UUID = msgspec.field(default_factory=uuid7)
    parent_id: uuid.UUID | None = None
    external_id: str = ""
    role: str
    content: str = ""
    parts: list[dict[str, Any]] = []
    tool_calls: list[dict[str, Any]] = []
    tool_call_id: str = ""
    name: str = ""
    model: str = ""
    status: str = "complete"
    finish_reason: str = ""
    is_hidden: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None
    usage: dict[str, Any] = {}
    rating: int | None = None
    rating_comment: str = ""
    metadata: dict[str, Any] = {}
    created_at: dt.datetime | None = None  # None: when the database gives the number
    edited_at: dt.datetime | None = None
    beat_at: dt.datetime | None = None

    def values(self) -> list[Any]:
        """The columns in the order above as PostgreSQL takes them; JSON as text."""
        return [
            self.id,
            self.parent_id,
            escape(self.external_id),
            self.role,
            escape(self.content),
            json_text(self.parts, where="Message.parts"),
            json_text(self.tool_calls, where="Message.tool_calls"),
            escape(self.tool_call_id),
            escape(self.name),
            escape(self.model),
            self.status,
            escape(self.finish_reason),
            self.is_hidden,
            self.input_tokens,
            self.output_tokens,
            self.cost,
            json_text(self.usage, where="Message.usage"),
            self.rating,
            escape(self.rating_comment),
            json_text(self.metadata, where="Message.metadata"),
            self.created_at,
            self.edited_at,
            self.beat_at,
        ]


COLUMNS: tuple[str, ...] = Draft.__struct_fields__


def draft(role: Any = None, content: Any = "", **given: Any) -> Draft:
    """``content`` may be a string, None, or a list of parts; None stands for "not given"."""
    if isinstance(content, list):
        content, given["parts"] = "", [*content, *(given.get("parts") or ())]
    checked = _checked({"content": content, **given, "role": _choice("role", role)})
    _project(checked)
    _count(checked)
    return Draft(**checked)


def drafts(messages: Iterable[Mapping[str, Any]]) -> tuple[list[Draft], list[set[str]]]:
    """Of dicts of what draft() takes, each with what was said in it."""
    given = [{"content": "", **message} for message in messages]
    return [draft(**message) for message in given], [said(message) for message in given]


def said(given: Mapping[str, Any]) -> set[str]:
    """The columns that the caller spoke of: those that a row under the same external_id must agree in."""
    names = {name for name, value in given.items() if value is not None} | {"role", "content"}
    return names | {"parts"} if isinstance(given.get("content"), list) else names


def differences(message: Draft, stored: Message | Draft, given: Iterable[str]) -> list[str]:
    """Which of the given values the stored row does not have."""
    return [name for name in sorted(given) if not _same(getattr(message, name), getattr(stored, name))]


def _same(value: Any, stored: Any) -> bool:
    if value == stored or not isinstance(value, dict | list):
        return bool(value == stored)
    return bool(json_value(json_text(value, where="Message")) == stored)  # tuples come back as lists


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(given.keys() - CHECKS.keys())
    if unknown:
        raise InvalidMessage(why=f"it has {', '.join(unknown)}", remedy=f"Possible are {', '.join(CHECKS)}.")
    return {name: CHECKS[name](name, value) for name, value in given.items() if value is not None}


def _project(given: dict[str, Any]) -> None:
    """``content`` and ``tool_calls`` follow ``parts`` where they are not given themselves."""
    parts = given.get("parts", ())
    if parts and not given.get("content"):
        texts = [part.get("text") for part in parts if part.get("type") == "text"]
        given["content"] = "\n\n".join(text for text in texts if isinstance(text, str))
    if "tool_calls" in given:
        given["tool_calls"] = _calls(map(tool_calls.normal, given["tool_calls"]))
    elif parts:
        given["tool_calls"] = _calls(tool_calls.projected(parts))


def _calls(projected: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        calls = list(projected)
    except (TypeError, ValueError, RecursionError) as error:  # what json.dumps() says of arguments
        raise UnstorableValue(
            where="tool_calls",
            why=f"arguments are no JSON ({error})",
            remedy="Give the string that was sent.",
        ) from None
    for call in calls:
        for name in ("id", "name", "type"):
            _text(f"{name} of a tool call", call[name])
    return calls


def _count(given: dict[str, Any]) -> None:
    """Tokens and cost from the provider's own counts, where they are not given themselves."""
    if given.get("usage"):
        counted = usage.normalised(given["usage"])
        for name in ("input_tokens", "output_tokens", "cost"):
            if name in counted:
                given.setdefault(name, counted[name])


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidMessage(why=f"{name} is {_shown(value)}", remedy="It must be a string.")
    return value


def _short_text(name: str, value: Any) -> str:
    if len(_text(name, value)) > EXTERNAL_ID_LENGTH:
        remedy = f"{EXTERNAL_ID_LENGTH} is the most; hash a longer one."
        raise InvalidMessage(why=f"{name} has {len(value)} characters", remedy=remedy)
    return str(value)


def _choice(name: str, value: Any) -> str:
    word = value.value if isinstance(value, enum.Enum) else value
    if word not in CHOICES[name]:
        raise InvalidMessage(why=f"{name} is {_shown(value)}", remedy=f"Known: {', '.join(CHOICES[name])}.")
    return str(word)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidMessage(why=f"{name} is {_shown(value)}", remedy="It is True or False.")
    return value


def _list_of_dicts(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
        raise InvalidMessage(why=f"{name} is {_shown(value)}", remedy="It must be a list of dicts.")
    return list(value)


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage(why=f"{name} is {_shown(value)}", remedy="It must be a dict.")
    return value


def _tokens(name: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= usage.MOST_TOKENS:
        raise UnstorableValue(
            where=name, why=f"it is {_shown(value)}", remedy="It must be a whole number from 0."
        )
    return int(value)


def _money(name: str, value: Any) -> Decimal:
    try:
        cost = round(Decimal(str(value)), 10)
    except (InvalidOperation, ValueError):
        cost = Decimal(-1)
    if not (cost.is_finite() and 0 <= cost < usage.MOST_COST):
        raise UnstorableValue(
            where=name, why=f"it is {_shown(value)}", remedy="It must be a number from 0 to 10^10."
        )
    return cost


def _rating(name: str, value: Any) -> int:
    if value not in (-1, 1) or isinstance(value, bool):
        raise InvalidMessage(why=f"{name} is {_shown(value)}", remedy="It is -1, 1 or None.")
    return int(value)


def _time(name: str, value: Any) -> dt.datetime:
    if not isinstance(value, dt.datetime) or value.utcoffset() is None:
        raise InvalidMessage(
            why=f"{name} is {_shown(value)}",
            remedy="It must be an aware datetime, like django.utils.timezone.now().",
        )
    return value


def _shown(value: Any) -> str:
    try:
        return ascii(value)[:80]
    except (RecursionError, ValueError):  # too deep, or an integer of too many digits
        return f"a {type(value).__name__}"


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "role": _choice,
    "content": _text,
    "parts": _list_of_dicts,
    "tool_calls": _list_of_dicts,
    "tool_call_id": _text,
    "name": _text,
    "model": _text,
    "status": _choice,
    "finish_reason": _text,
    "is_hidden": _flag,
    "input_tokens": _tokens,
    "output_tokens": _tokens,
    "cost": _money,
    "usage": _object,
    "rating": _rating,
    "rating_comment": _text,
    "metadata": _object,
    "external_id": _short_text,
    "created_at": _time,
}
CHOICES = {
    "role": ("system", "developer", "user", "assistant", "tool"),
    "status": ("streaming", "complete", "incomplete", "failed", "cancelled"),
}
