"""One message of a ChatGPT export as a row, and back. See Note [Residue] in chatgpt."""

from typing import Any, NamedTuple

from ..models.tool_calls import projected
from .canonical import CanonicalMessage
from .chatgpt_content import Read, read_call, read_content, write_content
from .chatgpt_items import Part, read_attachments, write_attachments
from .chatgpt_values import Fields, residue, restored, seconds_of, set_aside, time_of, without

USUAL: Fields = {
    "update_time": None,
    "status": "finished_successfully",
    "end_turn": None,
    "weight": 1.0,
    "recipient": "all",
    "channel": None,
}
_NO_TOOLS = ("all", "assistant", "user")
_STATUS = {
    "in_progress": "streaming",
    "finished_partial_completion": "incomplete",
    "max_tokens": "incomplete",
    "interrupted": "cancelled",
}
# What the product tells the model about the user.
_CONTEXT = ("user_editable_context", "model_editable_context")


class Place(NamedTuple):
    node_id: str
    parent: str | None  # the row above
    call_id: str  # the call that a tool answers here, or ""


def read_message(message: Fields, place: Place) -> CanonicalMessage:
    author, facts = _object(message, "author"), _object(message, "metadata")
    role, name = author.get("role"), author.get("name")
    role = role if type(role) is str else "unknown"
    model, finish = facts.get("model_slug"), _object(facts, "finish_details").get("type")
    read = _read(message.get("content"), place, tool=_tool(message, role))
    row = CanonicalMessage(
        external_id=place.node_id,
        parent=place.parent,
        role=role,
        content=read.text,
        parts=_with_files(read, facts),
        tool_calls=_calls(read.parts),
        tool_call_id=place.call_id if role == "tool" else "",
        name=name if type(name) is str else "",
        model=model if type(model) is str else "",
        status=_status(message, finish),
        finish_reason=finish if type(finish) is str else "",
        is_hidden=_is_hidden(message, facts),
        created_at=time_of(message.get("create_time")),
    )
    kept = _residue(message, row, read.rest)
    if kept:
        row.metadata["chatgpt"] = kept
    return row


def write_message(row: CanonicalMessage) -> Fields:
    """What read_message() was given; fields that were absent are there with their usual value."""
    kept = without(row.metadata.get("chatgpt", {}), "node")
    kept |= kept.pop("fields", {})
    rest = kept.pop("content", {})
    if type(rest) is dict:
        spoken = [part for part in row.parts if part["type"] != "file"]
        rest = write_content(row.content, spoken, rest)
    return restored(_written(row), kept) | {"content": rest}


def _read(content: Any, place: Place, *, tool: str) -> Read:
    if type(content) is not dict:
        return Read(content if type(content) is str else "", [], {})
    call = read_call(content, call_id=f"call_{place.node_id}", name=tool) if tool else None
    return call or read_content(content)


def _tool(message: Fields, role: str) -> str:
    recipient = message.get("recipient")
    if role == "assistant" and type(recipient) is str and recipient not in _NO_TOOLS:
        return recipient
    return ""


def _with_files(read: Read, facts: Fields) -> list[Part]:
    files = read_attachments(facts.get("attachments")) if "attachments" in facts else []
    if not files:
        return read.parts
    return (read.parts or [{"type": "text", "text": read.text}]) + files


def _calls(parts: list[Part]) -> list[Fields]:
    return projected(parts) if parts else []


def _status(message: Fields, finish: Any) -> str:
    if _object(message, "content").get("content_type") == "system_error":
        return "failed"
    for word in (finish, message.get("status")):
        if type(word) is str and word in _STATUS:
            return _STATUS[word]
    return "complete"


def _is_hidden(message: Fields, facts: Fields) -> bool:
    if facts.get("is_visually_hidden_from_conversation") is True or message.get("weight") == 0:
        return True
    return _object(message, "content").get("content_type") in _CONTEXT


def _residue(message: Fields, row: CanonicalMessage, rest: Fields) -> Fields:
    kept = residue(message, _written(row))
    if type(kept.get("content")) is dict:
        del kept["content"]
    if rest:
        kept["content"] = rest
    if row.created_at is None:  # the row will have a time, its parent's
        kept["create_time"] = message.get("create_time")
    return set_aside(kept, "node", "fields")


def _written(row: CanonicalMessage) -> Fields:
    """All but the content, as the columns alone say it."""
    author = {"role": row.metadata.get("role", row.role), "name": row.name or None, "metadata": {}}
    fields = {"id": row.external_id, "author": author, "create_time": seconds_of(row.created_at), **USUAL}
    if row.tool_calls:
        fields["recipient"] = row.tool_calls[0]["name"]
    fields["metadata"] = _written_facts(row)
    return fields


def _written_facts(row: CanonicalMessage) -> Fields:
    facts: Fields = {}
    if row.model:
        facts["model_slug"] = row.model
    if row.finish_reason:
        facts["finish_details"] = {"type": row.finish_reason}
    files = [part for part in row.parts if part["type"] == "file"]
    if files:
        facts["attachments"] = write_attachments(files)
    return facts


def _object(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if type(value) is dict else {}
