"""A path as Anthropic Messages takes it."""

import json
import math
from collections.abc import Iterable
from typing import Any

from .pieces import Call, Media, Reasoning, Row, Said, sendable
from .turns import Turn, function_name, turns

FIRST_WORD = "(The assistant begins.)"  # what the user says where the path does not begin with him
UNREADABLE = "_raw"  # the key under which arguments stand that are no JSON object
_LONGEST_NAME = 128
_DEEPEST = 100  # levels of arguments that are sent as an object; a client's own encoder has a limit, too
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_THINKING = ("thinking", "redacted_thinking")


class AnthropicMessages(list[dict[str, Any]]):
    """A list of ``anthropic.types.MessageParam``, and ``system``: the system and developer messages of the
    path as one text, "" where there are none."""

    system: str = ""


def as_anthropic(messages: Iterable[Row]) -> AnthropicMessages:
    """The ``messages`` of a request; its ``system`` is an attribute of the list::

        history = as_anthropic(conversation.messages.path())
        client.messages.create(messages=history, system=history.system or omit, …)

    Takes a path from the root to the head: messages, cached records or canonical messages. Whatever state it
    is in, the list is one that the service accepts; see Note [Repairs] in ``aistore.interop.turns``. Beyond
    those, user and assistant alternate and the user begins, with a placeholder where he did not; arguments
    that are no JSON object become ``{"_raw": "…"}``; reasoning is sent where Anthropic signed it, unchanged.
    Images and PDF files are sent with a data or https address; of any other file its extracted text, or its
    name in brackets.
    """
    history = AnthropicMessages()
    path = turns(messages)
    history.system = "\n\n".join(_text(turn) for turn in path if turn.role in ("system", "developer"))
    for turn in path:
        if turn.role == "user":
            _say(history, "user", [_block(piece) for piece in turn.said if not isinstance(piece, Reasoning)])
        elif turn.role == "assistant":
            _say(history, "assistant", _assistant(turn))
            _say(history, "user", [_result(call) for call in turn.calls])
    _finish(history)
    return history


def _text(turn: Turn) -> str:
    return "\n\n".join(piece.text for piece in turn.said if not isinstance(piece, Reasoning))


def _say(history: list[dict[str, Any]], role: str, blocks: list[dict[str, Any]]) -> None:
    if not blocks:
        return
    if not history and role == "assistant":
        _say(history, "user", [{"type": "text", "text": FIRST_WORD}])
    if not history or history[-1]["role"] != role:
        history.append({"role": role, "content": []})
    history[-1]["content"] += blocks


def _finish(history: list[dict[str, Any]]) -> None:
    if history and history[-1]["role"] == "assistant":
        _end(history[-1])
    for message in history:
        if len(message["content"]) == 1 and message["content"][0]["type"] == "text":
            message["content"] = message["content"][0]["text"]


def _end(message: dict[str, Any]) -> None:
    """The assistant has the last word, for the service to go on with: refused with thinking in it, or with
    space at its end."""
    message["content"] = [block for block in message["content"] if block["type"] not in _THINKING]
    last = message["content"][-1]
    message["content"][-1] = {**last, "text": last["text"].rstrip()}


def _assistant(turn: Turn) -> list[dict[str, Any]]:
    blocks = [
        block
        for piece in turn.said
        for block in (_thinking(piece) if isinstance(piece, Reasoning) else [_text_block(piece)])
    ]
    blocks += [_call(call) for call in turn.calls]
    while blocks and blocks[-1]["type"] in _THINKING:  # refused at the end of a message
        blocks.pop()
    return blocks


def _thinking(reasoning: Reasoning) -> list[dict[str, Any]]:
    """Nothing where another provider signed it, nobody did, or it can only be sent changed."""
    if reasoning.provider.lower() not in ("", "anthropic"):
        return []
    if reasoning.redacted:
        block = {"type": "redacted_thinking", "data": reasoning.redacted}
    elif reasoning.signature:
        block = {"type": "thinking", "thinking": reasoning.text, "signature": reasoning.signature}
    else:
        return []
    return [block] if all(sendable(text) == text for text in block.values()) else []


def _call(call: Call) -> dict[str, Any]:
    name = function_name(call.name, longest=_LONGEST_NAME)
    return {"type": "tool_use", "id": call.id, "name": name, "input": _arguments(call.arguments)}


def _arguments(text: str) -> dict[str, Any]:
    if text.strip() in ("", "null"):
        return {}
    try:
        arguments = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        if isinstance(arguments, dict):
            return _sendable(arguments, depth=1)
    except (ValueError, RecursionError):
        pass
    return {UNREADABLE: text}


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is too large")
    return number


def _sendable(value: Any, *, depth: int) -> Any:
    """With the strings as they can be sent: an escape in JSON may stand for what may not."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, dict):
        return {sendable(key): _sendable(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_sendable(item, depth=depth + 1) for item in value]
    return value


def _result(call: Call) -> dict[str, Any]:
    blocks = [_block(piece) for piece in call.result.content]
    content = blocks[0]["text"] if len(blocks) == 1 and blocks[0]["type"] == "text" else blocks
    error = {"is_error": True} if call.result.is_error else {}
    return {"type": "tool_result", "tool_use_id": call.id, "content": content, **error}


def _block(piece: Said) -> dict[str, Any]:
    media = _media(piece) if isinstance(piece, Media) else None
    return media or _text_block(piece)


def _text_block(piece: Said) -> dict[str, Any]:
    return {"type": "text", "text": piece.text}


def _media(media: Media) -> dict[str, Any] | None:
    is_image = media.kind == "image"
    is_pdf = media.kind == "file" and media.media_type == "application/pdf"
    if media.data and (is_pdf or (is_image and media.media_type in _IMAGES)):
        source = {"type": "base64", "media_type": media.media_type, "data": media.data}
    elif media.url.startswith("https:") and (is_image or is_pdf):
        source = {"type": "url", "url": media.url}
    else:
        return None
    if is_image:
        return {"type": "image", "source": source}
    return {"type": "document", "source": source, **({"title": media.name} if media.name else {})}
