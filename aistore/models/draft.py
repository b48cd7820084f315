"""From what a caller gives for a message to a row that PostgreSQL will take, or a clear error before it is asked."""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

from ..exceptions import InvalidMessage, UnstorableValue
from ..fields import ExactJSONField, ExactTextField, escape, json_text
from . import tool_calls, usage
from .rules import EXTERNAL_ID_LENGTH

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message

GIVEN_BY_CALLERS = frozenset(
    "content parts tool_calls tool_call_id name model status finish_reason is_hidden input_tokens output_tokens"
    " cost usage rating rating_comment metadata external_id created_at".split()
)
MOST_TOKENS = 2**63 - 1
MOST_COST = Decimal(10) ** 10


def draft(conversation: Conversation, role: str, content: Any = "", **given: Any) -> Message:
    """An unsaved message. ``content`` may be a string, None, or a list of parts."""
    _refuse_unknown(given)
    if isinstance(content, list):
        content, given["parts"] = "", [*content, *given.get("parts", ())]
    message: Message = conversation.messages.model(conversation=conversation, content=content or "")
    message.created_at = None  # type: ignore[assignment]  # until the database, which has the lock, gives it
    for name, value in {**given, "role": role}.items():
        setattr(message, name, value.value if isinstance(value, enum.Enum) else value)
    _project(message, given)
    _count(message, given)
    _check(message)
    return message


def values(message: Message, names: Iterable[str]) -> list[Any]:
    """The values of these columns as PostgreSQL takes them; JSON as text."""
    convert = _conversions(type(message))
    return [convert[name](getattr(message, name)) for name in names]


def differences(message: Message, stored: Message, given: set[str]) -> list[str]:
    """Which of the given values the stored row does not have."""
    return [name for name in sorted(given) if getattr(message, name) != getattr(stored, name)]


def _refuse_unknown(given: dict[str, Any]) -> None:
    unknown = sorted(given.keys() - GIVEN_BY_CALLERS)
    if unknown:
        raise InvalidMessage(
            why=f"it has {', '.join(unknown)}", remedy=f"Possible are {', '.join(sorted(GIVEN_BY_CALLERS))}."
        )


def _project(message: Message, given: dict[str, Any]) -> None:
    """``content`` and ``tool_calls`` follow ``parts`` where they are not given themselves."""
    _check_lists(message)
    if message.parts and not message.content:
        texts = [part.get("text") for part in message.parts if part.get("type") == "text"]
        message.content = "\n\n".join(text for text in texts if isinstance(text, str))
    if "tool_calls" not in given:
        message.tool_calls = tool_calls.projected(message.parts)
    else:
        message.tool_calls = [tool_calls.normal(call) for call in message.tool_calls]


def _count(message: Message, given: dict[str, Any]) -> None:
    """Tokens and cost from the provider's own counts, where they are not given themselves."""
    if message.usage:
        counted = usage.normalised(message.usage)
        for name in ("input_tokens", "output_tokens", "cost"):
            if name not in given and counted.get(name) is not None:
                setattr(message, name, counted[name])


def _check_lists(message: Message) -> None:
    message.parts, message.tool_calls = message.parts or [], message.tool_calls or []
    for name in ("parts", "tool_calls"):
        value = getattr(message, name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidMessage(why=f"{name} is not a list of dicts", remedy="See the reference of parts.")


def _check(message: Message) -> None:
    for name in ("role", "status"):
        choices = type(message)._meta.get_field(name).choices or ()
        if getattr(message, name) not in [value for value, _ in choices]:
            known = ", ".join(str(value) for value, _ in choices)
            raise InvalidMessage(why=f"its {name} is {getattr(message, name)!r}", remedy=f"Known: {known}.")
    for name in ("metadata", "usage"):
        if not isinstance(getattr(message, name), dict):
            raise InvalidMessage(why=f"{name} is not a dict", remedy="JSON columns hold objects.")
    for name in _texts(type(message)):
        if not isinstance(getattr(message, name), str):
            raise InvalidMessage(why=f"{name} is {getattr(message, name)!r}", remedy="It must be a string.")
    _check_numbers(message)
    if len(message.external_id) > EXTERNAL_ID_LENGTH:
        raise InvalidMessage(
            why=f"its external_id has {len(message.external_id)} characters",
            remedy=f"{EXTERNAL_ID_LENGTH} is the most; hash a longer one.",
        )
    if message.created_at is not None and not _is_aware(message.created_at):
        raise InvalidMessage(why="created_at is no aware datetime", remedy="Use django.utils.timezone.now().")


def _check_numbers(message: Message) -> None:
    for name in ("input_tokens", "output_tokens"):
        value = getattr(message, name)
        if value is not None and (type(value) is not int or not 0 <= value <= MOST_TOKENS):
            raise UnstorableValue(
                where=name, why=f"it is {value!r}", remedy="It must be a whole number from 0."
            )
    if message.rating not in (None, -1, 1):
        raise InvalidMessage(why=f"rating is {message.rating!r}", remedy="It is -1, 1 or None.")
    message.cost = _money(message.cost)


def _money(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        cost = Decimal("NaN")
    if not cost.is_finite() or not 0 <= cost < MOST_COST:
        raise UnstorableValue(
            where="cost", why=f"it is {value!r}", remedy="It must be a number from 0 to 10^10."
        )
    return round(cost, 10)


def _is_aware(value: Any) -> bool:
    return isinstance(value, dt.datetime) and value.tzinfo is not None and math.isfinite(value.timestamp())


@cache
def _texts(model: type[Message]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if isinstance(field, ExactTextField))


@cache
def _conversions(model: type[Message]) -> dict[str, Callable[[Any], Any]]:
    return {field.attname: _conversion(field) for field in model._meta.concrete_fields}


def _conversion(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, ExactTextField):
        return escape
    if isinstance(field, ExactJSONField):
        where = f"{field.model.__name__}.{field.name}"
        return lambda value: json_text(value, where=where)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
