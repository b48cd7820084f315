"""A message as blocks: the pieces that a page prints one below the other, in the order of the parts.

Parts come from many products and from strangers. Nothing here trusts their shape: whatever is no text where a
text belongs is shown as JSON, and a type that nobody knew is shown as data.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from ..fields import readable
from ..models import Message
from .branch import MOST_CHARACTERS
from .display import line, size

FOLDED_FROM = 20_000  # characters; a longer text shows its beginning, the rest on request
SHOWN_OF_FOLDED = 3_000
PREVIEW = 80  # of the arguments beside the name of a tool


@dataclass(frozen=True)
class Text:
    """``start`` is always shown, ``rest`` on request; ``length`` counts what was stored, also what is cut off."""

    start: str
    rest: str
    length: int
    is_cut: bool

    @classmethod
    def of(cls, text: str, stored: int = 0) -> "Text":
        """``stored``: the length in the database, where only the beginning was fetched. It counts escaped
        characters fivefold, so it is believed only where something is missing."""
        length = stored if stored > MOST_CHARACTERS else len(text)
        kept = readable(text[:MOST_CHARACTERS])
        split = len(kept) if len(kept) <= FOLDED_FROM else _good_split(kept)
        return cls(kept[:split], kept[split:], length, is_cut=length > MOST_CHARACTERS)


@dataclass
class Block:
    """``kind`` decides how the template prints it: text, refusal, reasoning, code, call, result, reference,
    source, step, data."""

    kind: str
    label: str = ""
    text: Text | None = None
    facts: list[str] = field(default_factory=list)
    href: str = ""
    call_id: str = ""
    is_error: bool = False
    # of a call: what came back, as blocks (from the same message) or entries (from tool messages)
    results: list[Any] = field(default_factory=list)
    is_open: bool = False

    def answer(self, result: Any) -> None:
        """A failed result marks its call, and one with branches must not hide them."""
        self.results.append(result)
        self.is_error = self.is_error or result.is_error
        self.is_open = self.is_open or getattr(result, "branch", None) is not None


def blocks_of(message: Message) -> list[Block]:
    blocks = parts_as_blocks(message.parts)
    has_text = any(block.kind in ("text", "refusal", "code", "result") for block in blocks)
    if message.content and not has_text:
        length = getattr(message, "content_length", len(message.content))
        blocks.insert(0, _content(message, length))
    shown = {block.call_id for block in blocks if block.kind == "call"}
    return blocks + [call for call in _calls(message) if call.call_id not in shown]


def parts_as_blocks(parts: Any) -> list[Block]:
    if parts is None:
        return [Block("data", _("Parts too long to be shown here"))]
    return [_block(part) for part in parts]


def pretty(value: Any) -> str:
    """JSON to read: indented, in the letters it means. A string that is no JSON is left alone."""
    try:
        return json.dumps(
            json.loads(value) if isinstance(value, str) else value, indent=2, ensure_ascii=False
        )
    except (ValueError, RecursionError):  # RecursionError: a string of 100,000 brackets
        return str(value)


def _block(part: Any) -> Block:
    if isinstance(part, str):
        return Block("text", text=Text.of(part))
    if not isinstance(part, dict):
        return _data({"type": "", "data": part})
    kind = part.get("type")
    return BUILDERS.get(kind if isinstance(kind, str) else "", _data)(part)


def _content(message: Message, length: int) -> Block:
    if message.role == "tool":
        return Block("result", text=Text.of(_readable_result(message.content), length))
    return Block("text", text=Text.of(message.content, length))


def _calls(message: Message) -> list[Block]:
    if message.tool_calls is None:
        return [Block("data", _("Tool calls too long to be shown here"))]
    return [_call(call) for call in message.tool_calls if isinstance(call, dict)]


def _text(part: dict[str, Any]) -> Block:
    return Block("text", text=Text.of(_string(part.get("text"))))


def _refusal(part: dict[str, Any]) -> Block:
    return Block("refusal", _("Refusal"), Text.of(_string(part.get("text"))))


def _reasoning(part: dict[str, Any]) -> Block:
    text = _string(part.get("text")) or _joined(part.get("summary"))
    return Block("reasoning", _("Reasoning"), Text.of(text or _("Kept by the provider, not readable.")))


def _code(part: dict[str, Any]) -> Block:
    return Block("code", line(_string(part.get("language"))), Text.of(_string(part.get("text"))))


def _call(part: dict[str, Any]) -> Block:
    return Block(
        "call",
        line(_string(part.get("name"))) or _("unnamed tool"),
        Text.of(pretty(part.get("arguments", ""))),
        facts=[line(_string(part.get("arguments")), PREVIEW)],
        call_id=_string(part.get("id")),
    )


def _result(part: dict[str, Any]) -> Block:
    return Block(
        "result",
        line(_string(part.get("name"))),
        Text.of(_readable_result(_joined(part.get("content")))),
        call_id=_string(part.get("id")),
        is_error=part.get("is_error") is True,
    )


def _reference(part: dict[str, Any]) -> Block:
    """A file is named, never fetched: the reader's browser asks nobody for it."""
    names = {"image": _("Image"), "audio": _("Audio"), "video": _("Video"), "file": _("File")}
    facts = [_string(part.get(key)) for key in ("name", "media_type", "url", "file_id", "upload")]
    if isinstance(part.get("size"), int):
        facts.insert(2, size(part["size"]))
    return Block("reference", names[part["type"]], facts=[line(fact) for fact in facts if fact])


def _source(part: dict[str, Any]) -> Block:
    url, quote = _string(part.get("url")), _string(part.get("quote"))
    title = line(_string(part.get("title")) or url or _string(part.get("document")))
    text = Text.of(quote) if quote else None
    return Block(
        "source", title or _("Source"), text, facts=[line(url)] if url else [], href=web_address(url)
    )


def _step(part: dict[str, Any]) -> Block:
    return Block("step", _("Step"))


def _data(part: dict[str, Any]) -> Block:
    """Anything else: named by its type, the rest as it is."""
    label = line(" ".join(_string(part.get(key)) for key in ("type", "format", "name")))
    return Block("data", label or _("Data"), Text.of(pretty(part)))


BUILDERS: dict[str, Callable[[dict[str, Any]], Block]] = {
    "text": _text,
    "refusal": _refusal,
    "reasoning": _reasoning,
    "code": _code,
    "tool_call": _call,
    "tool_result": _result,
    "image": _reference,
    "audio": _reference,
    "video": _reference,
    "file": _reference,
    "source": _source,
    "step": _step,
}


def web_address(url: str) -> str:
    """The address if it may be a link: no scripts, no other programs."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return ""
    return readable(url) if scheme in ("http", "https") else ""


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else pretty(value)


def _joined(value: Any) -> str:
    """The text of a list of parts or strings, one below the other."""
    if not isinstance(value, list):
        return _string(value)
    texts = [item.get("text", item) if isinstance(item, dict) else item for item in value]
    return "\n\n".join(_string(text) for text in texts)


def _readable_result(text: str) -> str:
    """Objects and lists indented; a plain text, a number and a quoted string as they are."""
    return pretty(text) if text.lstrip()[:1] in ("{", "[") else text


def _good_split(text: str) -> int:
    """Where the beginning of a long text ends: after a line, if there is one nearby."""
    after_line = text.rfind("\n", SHOWN_OF_FOLDED // 2, SHOWN_OF_FOLDED) + 1
    return after_line or SHOWN_OF_FOLDED
