"""The content of a ChatGPT message as text and parts, and back.

Note [Rest]. A content is read into text and parts, written back at once, and what came out otherwise is the rest,
kept beside them: nothing is lost, whatever the shapes below leave aside. The type stands in it unless it is
"text". A content that is not built as its type says, or of a type that nobody knew, is one raw part, unchanged.
"""

from typing import Any, NamedTuple, Protocol, TypeGuard

from .chatgpt_items import Part, read_item, read_pointer, write_item
from .chatgpt_values import Fields, residue, restored, without

Said = tuple[str, list[Part]]  # text, parts


class Read(NamedTuple):
    text: str
    parts: list[Part]
    rest: Fields  # See Note [Rest]


def read_content(content: Fields) -> Read:
    kind = content.get("content_type")
    if kind == "text" and len(content) == 2 and _is_one_text(content.get("parts")):
        return Read(content["parts"][0], [], {})  # most messages
    shape = _SHAPES.get(kind) if type(kind) is str else None
    said = shape.read(content) if shape else None
    if said is None:
        return Read(_any_text(content), [{"type": "raw", "format": "chatgpt", "item": content}], {})
    return _read(content, *said)


def read_call(content: Fields, *, call_id: str, name: str) -> Read | None:
    """What an assistant says to a tool; None for a content that is no text."""
    kind, arguments, texts = content.get("content_type"), content.get("text"), content.get("parts")
    if kind == "text" and _are_texts(texts):
        arguments = "\n\n".join(texts)
    elif kind != "code" or type(arguments) is not str:
        return None
    return _read(content, "", [{"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}])


def _read(content: Fields, text: str, parts: list[Part]) -> Read:
    written = _written(content["content_type"], text, parts)
    rest = residue(content, {"content_type": "text"} | written)
    if not rest and _is_raw(parts):
        rest["content_type"] = "text"  # one unknown piece of a text, not an unknown content
    return Read(text, parts, rest)


def write_content(text: str, parts: list[Part], rest: Fields) -> Fields:
    """What read_content() or read_call() was given."""
    if not rest and _is_raw(parts):
        return parts[0]["item"]
    kind = rest.get("content_type", "text")
    return restored({"content_type": kind} | _written(kind, text, parts), rest)


def _written(kind: str, text: str, parts: list[Part]) -> Fields:
    return _SHAPES[kind].write(parts or [{"type": "text", "text": text}])


def _is_raw(parts: list[Part]) -> bool:
    return len(parts) == 1 and parts[0]["type"] == "raw"


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return type(value) is list and all(type(item) is str for item in value)


def _is_one_text(value: Any) -> TypeGuard[list[str]]:
    return type(value) is list and len(value) == 1 and type(value[0]) is str


def _any_text(content: Fields) -> str:
    """Something to read and to find of a content whose type is unknown."""
    for field in ("text", "content", "result"):
        if type(content.get(field)) is str:
            return content[field]
    texts = content.get("parts")
    return "\n\n".join(text for text in texts if type(text) is str) if type(texts) is list else ""


class _Shape(Protocol):
    def read(self, content: Fields) -> Said | None: ...

    def write(self, parts: list[Part]) -> Fields: ...


class _Items:
    """``parts``: texts, and objects that point to images and sounds."""

    def read(self, content: Fields) -> Said | None:
        items = content.get("parts")
        if type(items) is not list:
            return None
        if _is_one_text(items):
            return items[0], []
        parts = [read_item(item) for item in items]
        return _joined(parts), parts

    def write(self, parts: list[Part]) -> Fields:
        return {"parts": [write_item(part) for part in parts]}


class _Text:
    """One field that is the whole text."""

    def __init__(self, field: str) -> None:
        self.field = field

    def read(self, content: Fields) -> Said | None:
        text = content.get(self.field)
        return (text, []) if type(text) is str else None

    def write(self, parts: list[Part]) -> Fields:
        return {self.field: parts[0]["text"]}


class _Texts:
    """Several fields of text, those of them that are there."""

    def __init__(self, *fields: str) -> None:
        self.fields = fields

    def read(self, content: Fields) -> Said | None:
        there = [field for field in self.fields if type(content.get(field)) is str]
        parts = [{"type": "text", "text": content[field], "extra": {"field": field}} for field in there]
        return (_joined(parts), parts) if parts else None

    def write(self, parts: list[Part]) -> Fields:
        return {part["extra"]["field"]: part["text"] for part in parts}


class _Code:
    """Code to be seen; code for a tool is a call, see read_call()."""

    def read(self, content: Fields) -> Said | None:
        text, language = content.get("text"), content.get("language")
        if type(text) is not str or type(language) is not str:
            return None
        return text, [{"type": "code", "language": language, "text": text}]

    def write(self, parts: list[Part]) -> Fields:
        part = parts[0]
        if part["type"] == "tool_call":
            return {"text": part["arguments"]}
        return {"language": part["language"], "text": part["text"]}


class _Page:
    """A page of the web that the model looked at."""

    fields = {"url": "url", "title": "title", "text": "quote"}

    def read(self, content: Fields) -> Said | None:
        if not all(type(content.get(field)) is str for field in self.fields):
            return None
        named = {name: content[field] for field, name in self.fields.items()}
        return content["text"], [{"type": "source"} | named]

    def write(self, parts: list[Part]) -> Fields:
        return {field: parts[0][name] for field, name in self.fields.items()}


class _Screen:
    """What a computer showed after an action."""

    def read(self, content: Fields) -> Said | None:
        image = read_pointer(content.get("screenshot"))
        return ("", [image]) if image else None

    def write(self, parts: list[Part]) -> Fields:
        return {"screenshot": write_item(parts[0])}


class _Reasoning:
    """Thoughts, each with a heading; or one line that says how long they took; or a list of texts."""

    def read(self, content: Fields) -> Said | None:
        thoughts, recap, texts = content.get("thoughts"), content.get("content"), content.get("parts")
        if type(thoughts) is list and thoughts and all(self._is_whole(thought) for thought in thoughts):
            return "", [self._part(thought) for thought in thoughts]
        if type(recap) is str:
            return "", [{"type": "reasoning", "text": "", "summary": recap}]
        if texts and _are_texts(texts):
            return "", [{"type": "reasoning", "text": text} for text in texts]
        return None

    def write(self, parts: list[Part]) -> Fields:
        if "extra" in parts[0]:
            return {"thoughts": [self._thought(part) for part in parts]}
        if "summary" in parts[0]:
            return {"content": parts[0]["summary"]}
        return {"parts": [part["text"] for part in parts]}

    def _is_whole(self, thought: Any) -> bool:
        return type(thought) is dict and type(thought.get("content")) is type(thought.get("summary")) is str

    def _part(self, thought: Fields) -> Part:
        words = {"text": thought["content"], "summary": thought["summary"]}
        return {"type": "reasoning"} | words | {"extra": without(thought, "content", "summary")}

    def _thought(self, part: Part) -> Fields:
        return part["extra"] | {"content": part["text"], "summary": part["summary"]}


def _joined(parts: list[Part]) -> str:
    return "\n\n".join(part["text"] for part in parts if part["type"] == "text")


_SHAPES: dict[str, _Shape] = {
    "text": _Items(),
    "multimodal_text": _Items(),
    "code": _Code(),
    "execution_output": _Text("text"),
    "system_error": _Text("text"),
    "citable_code_output": _Text("output_str"),
    "tether_browsing_display": _Text("result"),
    "tether_quote": _Page(),
    "sonic_webpage": _Page(),
    "computer_output": _Screen(),
    "thoughts": _Reasoning(),
    "reasoning_recap": _Reasoning(),
    "user_editable_context": _Texts("user_profile", "user_instructions"),
    "model_editable_context": _Texts("model_set_context"),
}
