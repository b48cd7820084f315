"""JSONL: one conversation a line, every column of it. Our own format."""

from typing import Any

from ..exceptions import BadConversation
from .canonical import CanonicalConversation

NAME = "jsonl"


def recognises(value: Any) -> bool:
    messages = value.get("messages") if isinstance(value, dict) else None
    return isinstance(messages, list) and all(isinstance(m, dict) and "role" in m for m in messages[:3])


def conversation(value: Any) -> CanonicalConversation:
    raise BadConversation(conversation="x", why="todo")
