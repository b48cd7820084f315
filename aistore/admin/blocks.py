"""A message as blocks: the pieces that a page prints one below the other, in the order of the parts.

Parts come from many products and from strangers. Nothing here trusts their shape: whatever is no text where a
text belongs is shown as JSON, and a type that nobody knew is shown as data.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..fields import readable
from ..models import Message
from .branch import MOST_CHARACTERS
from .display import line, size
from .typesetting.highlighting import LANGUAGES

PREVIEW = 80  # of the arguments beside the name of a tool
UNREADABLE = (ValueError, RecursionError)  # RecursionError: a string of 100,000 brackets
# What models call an argument that is a program.
PROGRAMS = {"code": "python", "command": "bash", "cmd": "bash", "script": "bash", "query": "sql"}


@dataclass
class Text:
    """``source`` is what was stored, as far as a page can show it; ``length`` counts also what is cut off.
    ``form``: markdown, code, plain. What the page shows is ``start`` and, on request, ``rest``; see printing."""

    source: str
    length: int
    is_cut: bool
    form: str = "markdown"
    language: str = ""
    start: str = ""
    rest: str = ""

    @classmethod
    def of(cls, text: str, stored: int = 0, *, form: str = "markdown", language: str = "") -> "Text":
        """``stored``: the length in the database, where only the beginning was fetched. It counts escaped
        characters fivefold, so it is believed only where something is missing."""
        length = stored if stored > MOST_CHARACTERS else len(text)
        return cls(readable(text[:MOST_CHARACTERS]), length, length > MOST_CHARACTERS, form, language)

    @property
    def start_class(self) -> str:
        return _class(self.start)

    @property
    def rest_class(self) -> str:
        return _class(self.rest)


def _class(text: str) -> str:
    """What was set in type is HTML; what was not is text, with its own lines."""
    return "aistore-markdown" if isinstance(text, SafeString) else "aistore-text"


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
    upload_id: str = ""  # of a reference to a file of ours
    is_error: bool = False
    file: Any = None  # that file, if it is on the page
    cites: list[int] = field(default_factory=list)  # of a text: the footnotes that follow it
    programs: list["Block"] = field(default_factory=list)  # of a call: arguments of several lines
    # of a call: what came back, as blocks (from the same message) or entries (from tool messages)
    results: list[Any] = field(default_factory=list)
    is_open: bool = False

    def answer(self, result: Any) -> None:
        """A failed result marks its call, and one with branches must not hide them."""
        self.results.append(result)
        self.is_error = self.is_error or result.is_error
        self.is_open = self.is_open or getattr(result, "branch", None) is not None

    def texts(self) -> Iterator[Text]:
        """Its own, and those inside it; results of other messages are not inside it."""
        if self.text:
            yield self.text
        for block in self.programs + [result for result in self.results if isinstance(result, Block)]:
            yield from block.texts()


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
        return json.dumps(_parsed(value), indent=2, ensure_ascii=False)
    except UNREADABLE:
        return str(value)


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _block(part: Any) -> Block:
    if isinstance(part, str):
        return Block("text", text=Text.of(part))
    if not isinstance(part, dict):
        return _data({"type": "", "data": part})
    kind = part.get("type")
    return BUILDERS.get(kind if isinstance(kind, str) else "", _data)(part)


def _content(message: Message, length: int) -> Block:
    if message.role == "tool":
        return Block("result", text=_result_text(message.content, length))
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
    language = line(_string(part.get("language")))
    return Block("code", language, Text.of(_string(part.get("text")), form="code", language=language))


def _call(part: dict[str, Any]) -> Block:
    name = line(_string(part.get("name")))
    arguments, programs = _programs(part.get("arguments", ""), name)
    return Block(
        "call",
        name or _("unnamed tool"),
        Text.of(arguments, form="code", language="json"),
        facts=[line(_string(part.get("arguments")), PREVIEW)],
        call_id=_string(part.get("id")),
        programs=programs,
    )


def _programs(arguments: Any, tool: str) -> tuple[str, list[Block]]:
    """The arguments as JSON, but those of several lines by themselves: in JSON nobody can read a program."""
    try:
        value = _parsed(arguments)
    except UNREADABLE:
        return str(arguments), []
    if not isinstance(value, dict):
        return pretty(arguments), []
    long = {key: text for key, text in value.items() if isinstance(text, str) and "\n" in text.strip()}
    short = {key: other for key, other in value.items() if key not in long}
    blocks = [
        Block("code", line(key), Text.of(text, form="code", language=_language(key, tool)))
        for key, text in long.items()
    ]
    return pretty(short) if short or not long else "", blocks


def _language(key: str, tool: str) -> str:
    """A guess, for the colours only."""
    return next((name for name in (key, tool.lower()) if name in LANGUAGES), PROGRAMS.get(key, ""))


def _result(part: dict[str, Any]) -> Block:
    return Block(
        "result",
        line(_string(part.get("name"))),
        _result_text(_joined(part.get("content"))),
        call_id=_string(part.get("id")),
        is_error=part.get("is_error") is True,
    )


def _reference(part: dict[str, Any]) -> Block:
    """A file is named, never fetched: the reader's browser asks nobody for it."""
    names = {"image": _("Image"), "audio": _("Audio"), "video": _("Video"), "file": _("File")}
    facts = [_string(part.get(key)) for key in ("name", "media_type", "url", "file_id", "upload")]
    if isinstance(part.get("size"), int):
        facts.insert(2, size(part["size"]))
    return Block(
        "reference",
        names[part["type"]],
        facts=[line(fact) for fact in facts if fact],
        upload_id=_string(part.get("upload")),
    )


def _source(part: dict[str, Any]) -> Block:
    url, quote = _string(part.get("url")), _string(part.get("quote"))
    title = line(_string(part.get("title")) or url or _string(part.get("document")))
    text = Text.of(quote, form="plain") if quote else None
    return Block(
        "source", title or _("Source"), text, facts=[line(url)] if url else [], href=web_address(url)
    )


def _step(part: dict[str, Any]) -> Block:
    return Block("step", _("Step"))


def _data(part: dict[str, Any]) -> Block:
    """Anything else: named by its type, the rest as it is."""
    label = line(" ".join(_string(part.get(key)) for key in ("type", "format", "name")))
    return Block("data", label or _("Data"), Text.of(pretty(part), form="code", language="json"))


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


def _result_text(text: str, stored: int = 0) -> Text:
    """Objects and lists indented; a plain text, a number and a quoted string as they are."""
    if text.lstrip()[:1] not in ("{", "["):
        return Text.of(text, stored, form="code")
    return Text.of(pretty(text), stored, form="code", language="json")
