"""What one message says, part by part, as a model service can take it.

Columns and parts of any quality go in, a few typed pieces come out: nothing blank, nothing that is not
Unicode, no part that a service has no word for (``source``, ``step``, ``data``, ``raw`` and unknown types are
left out). Which call a result belongs to is settled in ``turns``.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..models.tool_calls import INTERRUPTED, normal

NO_OUTPUT = "(no output)"  # services refuse a blank text, and a result must say something
_LABEL_LENGTH = 200  # characters of a name or address that stand for a file which cannot be sent
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f\ud800-\udfff]+")
_DATA_ADDRESS = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)


class Row(Protocol):
    """What is read of a message: an instance, a cached record or a canonical message."""

    role: Any
    content: Any
    parts: Any
    tool_calls: Any
    tool_call_id: Any
    name: Any
    status: Any


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Worth sending only to the provider that signed it, and only as it was."""

    text: str
    signature: str
    redacted: str
    provider: str


@dataclass(frozen=True, slots=True)
class Media:
    kind: str  # image, audio, video, file
    url: str  # a web address, or "" where there is none
    media_type: str
    data: str  # base64, or ""
    name: str
    extracted: str

    @property
    def text(self) -> str:
        """What stands for it where only text may be sent."""
        label = f"[{self.kind}: {self.name}]" if self.name else f"[{self.kind}]"
        return f"{label}\n\n{self.extracted}" if self.extracted else label


Said = Text | Refusal | Reasoning | Media


@dataclass(frozen=True, slots=True)
class Result:
    call_id: str
    content: list[Text | Media]
    is_error: bool = False
    is_interruption: bool = False  # stands in for a result that may still come


UNANSWERED = Result("", [Text(INTERRUPTED)], is_error=True)


@dataclass(slots=True)
class Call:
    id: str
    name: str
    arguments: str
    type: str = "function"
    result: Result = UNANSWERED


Piece = Said | Call | Result


def pieces(message: Row) -> list[Piece]:
    """In the order in which they were said; a tool message is one Result, or those that its parts have."""
    if message.role != "tool":
        return _said_and_called(message)
    found = _parts(message.parts)
    results: list[Piece] = [piece for piece in found if isinstance(piece, Result)]
    return results or [_result_of_row(message, _with_content(found, message.content))]


def sendable(text: str) -> str:
    """The text with U+FFFD for NUL and for each lone surrogate, which services refuse; pairs are joined."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\ufffd")


def _said_and_called(message: Row) -> list[Piece]:
    found = _with_content(_parts(message.parts), message.content)
    if any(isinstance(piece, Call) for piece in found):
        return found
    calls = [_call(call) for call in message.tool_calls or () if isinstance(call, dict)]
    place = next((index for index, piece in enumerate(found) if isinstance(piece, Result)), len(found))
    return [*found[:place], *calls, *found[place:]]


def _with_content(found: list[Piece], content: str) -> list[Piece]:
    """Parts are the whole truth, unless there is no word in them: then ``content`` was given beside them, and
    is what the message comes to in the end."""
    if any(isinstance(piece, Text | Refusal) for piece in found):
        return found
    return [*found, *_texts(content)]


def _parts(parts: Any) -> list[Piece]:
    if not isinstance(parts, list | tuple):
        return []
    return [piece for part in parts if isinstance(part, dict) for piece in _part(part)]


def _part(part: dict[str, Any]) -> Sequence[Piece]:
    match part.get("type"):
        case "text":
            return _texts(part.get("text"))
        case "refusal":
            return [Refusal(piece.text) for piece in _texts(part.get("text") or part.get("refusal"))]
        case "code":
            language = _string(part.get("language"))
            return [Text(_fenced(piece.text, language)) for piece in _texts(part.get("text"))]
        case "reasoning":
            return [_reasoning(part)]
        case "tool_call":
            return [_call({**part, "type": "function"})]
        case "tool_result":
            return [_result(part)]
        case "image" | "audio" | "video" | "file" as kind:
            return [_media(kind, part.get("url"), part)]
        case "image_url":  # as OpenAI writes it
            inner = part.get("image_url")
            return [_media("image", inner.get("url") if isinstance(inner, dict) else inner, part)]
    return []


def _texts(text: Any) -> Sequence[Text]:
    """One, or none where it is blank."""
    if not isinstance(text, str) or not text or text.isspace():
        return []
    return [Text(sendable(text))]


def _fenced(code: str, language: str) -> str:
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{sendable(language)}\n{code}\n{fence}"


def _reasoning(part: dict[str, Any]) -> Reasoning:
    redacted = part.get("redacted")  # true, with the data under "encrypted", or the data itself
    data = redacted if isinstance(redacted, str) else _string(part.get("encrypted"))
    return Reasoning(
        text=_string(part.get("text")),
        signature=_string(part.get("signature")),
        redacted=data if redacted else "",
        provider=_string(part.get("provider")),
    )


def _call(call: dict[str, Any]) -> Call:
    custom = call.get("custom")
    if isinstance(custom, dict):  # as OpenAI writes a tool that takes free text
        call = {**call, "name": custom.get("name"), "arguments": custom.get("input") or "", "type": "custom"}
    call = normal(call)
    kind = "custom" if call["type"] == "custom" else "function"
    return Call(_string(call["id"]), _string(call["name"]), sendable(call["arguments"]), kind)


def _result(part: dict[str, Any]) -> Result:
    content = part.get("content")
    if isinstance(content, list | tuple) and all(
        isinstance(item, dict) and "type" in item for item in content
    ):
        found = _parts(content)
    elif isinstance(content, str) or content is None:
        found = list(_texts(content))
    else:
        found = [Text(sendable(json.dumps(content, ensure_ascii=False)))]
    return Result(_string(part.get("id")), _output(found), is_error=bool(part.get("is_error")))


def _result_of_row(message: Row, found: list[Piece]) -> Result:
    return Result(
        message.tool_call_id or "",
        _output(found),
        is_error=message.status in ("failed", "cancelled"),
        is_interruption=message.status == "cancelled",
    )


def _output(found: list[Piece]) -> list[Text | Media]:
    texts = [Text(piece.text) if isinstance(piece, Refusal) else piece for piece in found]
    return [piece for piece in texts if isinstance(piece, Text | Media)] or [Text(NO_OUTPUT)]


def _media(kind: str, url: Any, part: dict[str, Any]) -> Media:
    url, name = _string(url), _string(part.get("name")) or _string(part.get("file_id"))
    data = _DATA_ADDRESS.fullmatch(url)
    media_type = (data[1] if data else _string(part.get("media_type"))).lower()
    if not name and not url.startswith("data:"):
        name = url
    return Media(
        kind=kind,
        url=url if _WEB_ADDRESS.fullmatch(url) else "",
        media_type="image/jpeg" if media_type == "image/jpg" else media_type,
        data=data[2] if data and len(data[2]) % 4 == 0 else "",
        name=sendable(name[:_LABEL_LENGTH]),
        extracted="".join(piece.text for piece in _texts(part.get("extracted_text"))),
    )


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
