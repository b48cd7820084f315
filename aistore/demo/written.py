"""The conversations that were written by hand, placed in time so that the newest answer is minutes old."""

import datetime as dt
from random import Random
from typing import Any

from msgspec.structs import replace

from ..interop import jsonl
from ..interop.canonical import CanonicalConversation
from . import content
from .prices import priced

NEWEST = dt.timedelta(minutes=3)
OLDEST = dt.timedelta(days=110)
STEEPNESS = 3  # 1: as many last month as today; 3: a fifth of all within a day
# Their texts name days of October 2025: they end long ago, and the archived ones, too.
OF_LONG_AGO = {"demo-photo-walk", "demo-backup-timer", "demo-helmet-return"}


def written_conversations(now: dt.datetime) -> list[CanonicalConversation]:
    values = sorted(content.conversations(), key=lambda value: Random(value["id"]).random())
    by_age = sorted(values, key=is_old)
    return [ended_at(now - age(place, len(by_age)), value) for place, value in enumerate(by_age)]


def is_old(value: dict[str, Any]) -> bool:
    return value.get("archived", False) or value["id"] in OF_LONG_AGO


def age(place: int, count: int) -> dt.timedelta:
    """Of the last message: many are of today, few of last month."""
    return NEWEST + (OLDEST - NEWEST) * (place / (count - 1)) ** STEEPNESS


def ended_at(end: dt.datetime, value: dict[str, Any]) -> CanonicalConversation:
    """With its last message at this time, its pauses as they were written."""
    minutes = max(message["minutes"] for message in value["messages"])
    start = end - dt.timedelta(minutes=minutes)
    conversation = jsonl.conversation({**value, "created_at": start.isoformat()})
    messages = [priced(message) for message in conversation.messages]
    return replace(conversation, messages=messages, updated_at=end, last_message_at=end)
