"""A path as OpenAI Chat Completions takes it."""

from collections.abc import Iterable, Sequence
from typing import Any

from .pieces import Call, Media, Reasoning, Refusal, Row, Said
from .turns import Turn, function_name, turns

_LONGEST_NAME = 64
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_SOUNDS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}


def as_openai(messages: Iterable[Row]) -> list[dict[str, Any]]:
    """The ``messages`` of a request, each an ``openai.types.chat.ChatCompletionMessageParam``.

    Takes a path from the root to the head: messages, cached records or canonical messages. Whatever state it
    is in, the list is one that the service accepts; see Note [Repairs] in ``aistore.interop.turns``.
    Reasoning is left out. Sent in user messages are images with a data or web address, and sound (wav, mp3)
    and PDF files with a data address; of any other file its extracted text, or its name in brackets.
    """
    return [printed for turn in turns(messages) for printed in _turn(turn)]


def _turn(turn: Turn) -> list[dict[str, Any]]:
    said = [piece for piece in turn.said if not isinstance(piece, Reasoning)]
    if turn.role == "assistant":
        return _assistant(said, turn.calls)
    if not said:
        return []
    content = _content(said) if turn.role == "user" else _text(said)
    name = {"name": turn.name} if function_name(turn.name, longest=_LONGEST_NAME) == turn.name else {}
    return [{"role": turn.role, "content": content, **name}]


def _assistant(said: Sequence[Said], calls: list[Call]) -> list[dict[str, Any]]:
    if not said and not calls:
        return []
    message: dict[str, Any] = {"role": "assistant", "content": _text(said) if said else None}
    if len(said) == 1 and isinstance(said[0], Refusal):
        message["content"] = [{"type": "refusal", "refusal": said[0].text}]
    if calls:
        message["tool_calls"] = [_call(call) for call in calls]
    return [message, *(_result(call) for call in calls)]


def _call(call: Call) -> dict[str, Any]:
    name = function_name(call.name, longest=_LONGEST_NAME)
    if call.type == "custom":
        return {"id": call.id, "type": "custom", "custom": {"name": name, "input": call.arguments}}
    # A model that calls without arguments may send "", which is no JSON.
    arguments = call.arguments if call.arguments.strip() else "{}"
    return {"id": call.id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _result(call: Call) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call.id, "content": _text(call.result.content)}


def _text(said: Iterable[Said]) -> str:
    return "\n\n".join(piece.text for piece in said)


def _content(said: Sequence[Said]) -> str | list[dict[str, Any]]:
    parts = [_part(piece) for piece in said]
    if all(part["type"] == "text" for part in parts):
        return _text(said)
    return parts


def _part(piece: Said) -> dict[str, Any]:
    media = _media(piece) if isinstance(piece, Media) else None
    return media or {"type": "text", "text": piece.text}


def _media(media: Media) -> dict[str, Any] | None:
    address = f"data:{media.media_type};base64,{media.data}"
    if media.kind == "image" and media.url:
        return {"type": "image_url", "image_url": {"url": media.url}}
    if not media.data:
        return None
    if media.kind == "image" and media.media_type in _IMAGES:
        return {"type": "image_url", "image_url": {"url": address}}
    if media.kind == "audio" and media.media_type in _SOUNDS:
        sound = {"data": media.data, "format": _SOUNDS[media.media_type]}
        return {"type": "input_audio", "input_audio": sound}
    if media.kind == "file" and media.media_type == "application/pdf":
        return {"type": "file", "file": {"filename": media.name or "file.pdf", "file_data": address}}
    return None
