"""Markdown: what people saw, to read, print or share. The active path only, hidden messages left out."""

import json
from collections.abc import Iterable, Sequence
from typing import IO, Any

from ..models.conversation import Conversation
from ..models.message import Message
from .loading import Loaded
from .pieces import Call, Media, Piece, Reasoning, Result, Row, pieces, sendable

NAME = "markdown"
BETWEEN = b"\n---\n\n"  # conversations


def write(conversations: Iterable[Loaded], file: IO[bytes]) -> None:
    rule = b""
    for each in conversations:
        transcript = as_markdown(_path(each.conversation, each.messages))
        file.write(rule + f"{_heading(each.conversation)}{transcript}".encode())
        rule = BETWEEN


def as_markdown(messages: Iterable[Row]) -> str:
    """The transcript of a path, oldest first."""
    return "\n".join(_turn(message) for message in messages if not getattr(message, "is_hidden", False))


def _heading(conversation: Conversation) -> str:
    title = " ".join(sendable(conversation.title).split()) or "Conversation"
    facts = [f"{conversation.created_at:%Y-%m-%d %H:%M} UTC", sendable(conversation.model)]
    return f"# {title}\n\n{', '.join(fact for fact in facts if fact)}\n\n"


def _path(conversation: Conversation, messages: Sequence[Message]) -> list[Message]:
    by_id: dict[Any, Message] = {message.pk: message for message in messages}
    path = []
    here = by_id.get(conversation.head_id)
    while here is not None:
        path.append(here)
        here = by_id.get(here.parent_id)
    return path[::-1]


def _turn(message: Row) -> str:
    said = [_written(piece) for piece in pieces(message)]
    return f"## {_speaker(message)}\n\n" + "".join(f"{text}\n\n" for text in said if text).rstrip("\n") + "\n"


def _speaker(message: Row) -> str:
    who = " ".join(sendable(message.name or getattr(message, "model", "") or "").split())
    status = "" if message.status == "complete" else f" ({message.status})"
    return f"{message.role.capitalize()}{f', {who}' if who else ''}{status}"


def _written(piece: Piece) -> str:
    if isinstance(piece, Reasoning):
        return "\n".join(f"> {line}".rstrip() for line in piece.text.splitlines())
    if isinstance(piece, Media):
        return f"![{_label(piece.name)}]({piece.url})" if piece.kind == "image" and piece.url else piece.text
    if isinstance(piece, Call):
        return f"Call of `{piece.name}`\n\n{_fenced(*_arguments(piece.arguments))}"
    if isinstance(piece, Result):
        return _fenced("\n\n".join(_written(part) for part in piece.content))
    return piece.text


def _label(name: str) -> str:
    return name.replace("[", "(").replace("]", ")")


def _arguments(arguments: str) -> tuple[str, str]:
    """Readable where they are the JSON that they should be."""
    try:
        return json.dumps(json.loads(arguments), indent=2, ensure_ascii=False), "json"
    except (ValueError, RecursionError):
        return arguments, ""


def _fenced(text: str, language: str = "") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
