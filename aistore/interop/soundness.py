"""What must be true of a conversation before it can be stored, apart from the order of its messages.

All that needs no database is found out here, so that a bad conversation costs no transaction. A reader need not
check the same; it only must not guess.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from ..exceptions import BadConversation
from ..fields import escape
from ..models.kinds import Role, Status
from ..models.rules import EXTERNAL_ID_LENGTH
from .canonical import CanonicalConversation, CanonicalMessage

# The words of other products for our roles. One that is not here becomes a hidden message of the assistant.
ROLES = {
    "human": "user",
    "customer": "user",
    "ai": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "agent": "assistant",
    "function": "tool",
    "observation": "tool",
    "ipython": "tool",
}
_ROLES = frozenset(Role.values)
_STATUSES = frozenset(Status.values)
_COST_LIMIT = Decimal(10) ** 10
_TIMES_OF_CONVERSATION = ("created_at", "updated_at", "last_message_at")
_TIMES_OF_MESSAGE = ("created_at", "edited_at")
_TIMES_OF_REVISION = ("replaced_at",)
_SURELY_SHORT = EXTERNAL_ID_LENGTH // 5  # characters; escaped, one becomes five at most
_SHOWN = 60  # characters of a foreign value in an error line


class _Message(CanonicalMessage, kw_only=True):
    """msgspec checks types only where one class becomes another: 1.5 µs a message, against 8 in Python."""


class _Conversation(CanonicalConversation, kw_only=True):
    messages: list[_Message]  # type: ignore[assignment]  # a list of a subclass, and nobody appends


def sound(conversation: CanonicalConversation) -> CanonicalConversation:
    """A checked copy with our roles and UTC times, or BadConversation."""
    try:
        copy = msgspec.convert(conversation, _Conversation, from_attributes=True)
        _refuse_long_id(copy.external_id)
        _settle_times(copy, _TIMES_OF_CONVERSATION)
        for message in copy.messages:
            _settle(message)
    except msgspec.ValidationError as error:
        why = said(error)
    except ValueError as error:
        why = str(error)
    else:
        return copy
    raise BadConversation(conversation=called(conversation), why=why)


def called(conversation: CanonicalConversation) -> str:
    """How an error line names it."""
    title = f" ({shown(conversation.title)})" if conversation.title else ""
    return shown(conversation.external_id) + title


def shown(value: Any) -> str:
    """A foreign value on one line, cut short, with nothing in it that a terminal would obey."""
    text = value if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _settle(message: CanonicalMessage) -> None:
    if message.role not in _ROLES:
        _settle_role(message)
    if message.created_at is not None or message.edited_at is not None:
        _settle_times(message, _TIMES_OF_MESSAGE)
    for revision in message.revisions:
        _settle_times(revision, _TIMES_OF_REVISION)
    if len(message.external_id) > _SURELY_SHORT:
        _refuse_long_id(message.external_id)
    if message.status not in _STATUSES:
        raise ValueError(f"{_of(message)} has the status {shown(message.status)}")
    if message.rating not in (None, -1, 1):
        raise ValueError(f"{_of(message)} has the rating {message.rating}; it is -1 or 1")
    if message.cost is not None and not (message.cost.is_finite() and 0 <= message.cost < _COST_LIMIT):
        raise ValueError(f"{_of(message)} has the cost {shown(message.cost)}; it is a number from 0 to 10^10")
    if message.tool_calls:
        _check_calls(message)


def _settle_role(message: CanonicalMessage) -> None:
    word = message.role
    message.metadata = {"role": word, **message.metadata}
    message.role = ROLES.get(word.lower(), "assistant")
    message.is_hidden = message.is_hidden or word.lower() not in ROLES


def _settle_times(row: Any, names: tuple[str, ...]) -> None:
    for name in names:
        time: dt.datetime | None = getattr(row, name)
        if time is not None and time.tzinfo is not dt.UTC:
            setattr(row, name, _in_utc(time))


def _in_utc(time: dt.datetime) -> dt.datetime:
    if time.tzinfo is None:
        return time.replace(tzinfo=dt.UTC)
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError(f"the time {time} is beyond the years 1 to 9999") from None


def _check_calls(message: CanonicalMessage) -> None:
    for call in message.tool_calls:
        if not all(isinstance(call.get(name), str) for name in ("id", "name", "arguments")):
            raise ValueError(f"{_of(message)} has a tool call without id, name or arguments as strings")


def _refuse_long_id(external_id: str) -> None:
    """Characters that are stored escaped count as they are stored."""
    if len(escape(external_id)) > EXTERNAL_ID_LENGTH:
        raise ValueError(f"the id {shown(external_id)} is longer than {EXTERNAL_ID_LENGTH} characters")


def said(error: msgspec.ValidationError) -> str:
    """msgspec's "Expected `str`, got `int` - at `$.messages[3].content`", the place first."""
    problem, _, place = str(error).replace("`", "").partition(" - at ")
    where = place.replace("$.", "").replace("$", "it")
    return f"{where or 'it'} is not as it must be: {problem[:1].lower()}{problem[1:]}"


def _of(message: CanonicalMessage) -> str:
    return f"message {shown(message.external_id)}"
