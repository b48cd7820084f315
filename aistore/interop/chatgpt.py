"""ChatGPT: ``conversations.json`` of "Export data". Nobody documents it; exports of 2023 to 2025 were read.

A conversation is a mapping of nodes: an id, one message or null, a parent, children. One turn that people see is
many messages: thoughts, the call of a tool, its answer, text. Each becomes one row.

Note [Residue]. What has no column stays under ``metadata["chatgpt"]`` of the conversation and of each message, under
the name it has in the export; ``as_chatgpt()`` writes the export back from both. Left out is what the columns give
back exactly, and the fields that every message has, at their usual value. Ours among them are, of a conversation,
``root`` (the id of the empty node above all) and ``structure`` (other nodes without a message), of a message ``node``
(what its node has beside the message). A field of the export that has one of these names stands in ``fields``.

Citations stay there too. Their offsets count characters of the text, which is therefore never touched.
"""

import hashlib
from typing import Any, NamedTuple

from ..exceptions import BadConversation
from .canonical import CanonicalConversation, CanonicalMessage
from .chatgpt_message import Place, read_message, write_message
from .chatgpt_tree import Nodes, Tree, tree
from .chatgpt_values import Fields, kind_of, residue, restored, seconds_of, set_aside, time_of, without
from .soundness import shown

NAME = "chatgpt"


class Rows(NamedTuple):
    messages: list[CanonicalMessage]
    nearest: dict[str | None, str | None]  # of each node the row that it is, or hangs under
    root: str | None


def recognises(value: Any) -> bool:
    return type(value) is dict and "mapping" in value


def conversation(value: Any) -> CanonicalConversation:
    """One entry of the list. BadConversation for what is no tree of messages."""
    if type(value) is not dict:
        raise BadConversation(conversation="without an id", why=f"it is {kind_of(value)}, not an object")
    called = _called(value)
    nodes = _nodes(value, called)
    grown = tree(nodes, called=called)
    rows = _rows(nodes, grown, called)
    read = _columns(value, rows)
    read.metadata["chatgpt"] = _residue(value, read) | _structure(nodes, grown, rows.root)
    return read


def as_chatgpt(read: CanonicalConversation) -> Fields:
    """The entry that conversation() was given; fields that were absent are there with their usual value."""
    kept = dict(read.metadata.get("chatgpt", {}))
    mapping = _mapping(read.messages, kept.pop("root", None)) | kept.pop("structure", {})
    return restored(_written(read), kept | kept.pop("fields", {})) | {"mapping": mapping}


def _called(value: Fields) -> str:
    title, external_id = _word(value.get("title")), _id(value)
    named = f" ({shown(title)})" if title else ""
    return (shown(external_id) if external_id else "without an id") + named


def _nodes(value: Fields, called: str) -> Nodes:
    nodes = value.get("mapping")
    if "mapping" not in value:
        raise BadConversation(conversation=called, why="it has no mapping, so no messages")
    if type(nodes) is not dict:
        why = f"its mapping is {kind_of(nodes)}, not an object of nodes"
        raise BadConversation(conversation=called, why=why)
    return nodes


def _id(value: Fields) -> str:
    return _word(value.get("id")) or _word(value.get("conversation_id"))


def _word(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return value if type(value) is str else ""


def _rows(nodes: Nodes, grown: Tree, called: str) -> Rows:
    root = _root(nodes, grown)
    messages: list[CanonicalMessage] = []
    nearest: dict[str | None, str | None] = {None: None}
    calls: dict[str | None, str] = {}
    for node_id in grown.order:
        parent = grown.parents[node_id]
        above, call_id = nearest.get(parent, parent), calls.get(parent, "")
        row = _row(nodes, Place(node_id, above, call_id), called)
        if row is None:
            nearest[node_id], calls[node_id] = above, call_id
            continue
        kept = _node_residue(nodes, grown, node_id, parent=root if above is None else above)
        if kept:
            row.metadata.setdefault("chatgpt", {})["node"] = kept
        messages.append(row)
        nearest[node_id], calls[node_id] = node_id, _open_call(row)
    return Rows(messages, nearest, root)


def _root(nodes: Nodes, grown: Tree) -> str | None:
    for node_id in grown.order:
        if grown.parents[node_id] is None and not _has_message(nodes[node_id]):
            return node_id
    return None


def _has_message(node: Fields) -> bool:
    return node.get("message") is not None


def _row(nodes: Nodes, place: Place, called: str) -> CanonicalMessage | None:
    message = nodes[place.node_id].get("message")
    if message is None:
        return None
    if type(message) is not dict:
        why = f"the message of node {shown(place.node_id)} is {kind_of(message)}, not an object"
        raise BadConversation(conversation=called, why=why)
    return read_message(message, place)


def _open_call(row: CanonicalMessage) -> str:
    """Calls have no ids in an export; what answers one hangs under it, maybe under another answer to it."""
    return row.tool_calls[0]["id"] if row.tool_calls else row.tool_call_id


def _node_residue(nodes: Nodes, grown: Tree, node_id: str, *, parent: str | None) -> Fields:
    """``parent``: the one that _mapping() would write."""
    node = nodes[node_id]
    children = [child for child in grown.children.get(node_id, ()) if _has_message(nodes[child])]
    written = {"id": node_id, "message": node.get("message"), "parent": parent, "children": children}
    if parent is not None and parent not in nodes:
        del written["parent"]  # no row has that id, so none will be the parent
    return residue(node, written)


def _structure(nodes: Nodes, grown: Tree, root: str | None) -> Fields:
    empty = {node_id: nodes[node_id] for node_id in grown.order if not _has_message(nodes[node_id])}
    kept: Fields = {}
    if root is not None:
        kept["root"] = root
        if not _node_residue(nodes, grown, root, parent=None):
            del empty[root]
    return kept | {"structure": empty} if empty else kept


def _columns(value: Fields, rows: Rows) -> CanonicalConversation:
    return CanonicalConversation(
        external_id=_id(value) or _fingerprint(value, rows.messages),
        source=NAME,
        messages=rows.messages,
        head=rows.nearest.get(_word(value.get("current_node"))),
        title=_word(value.get("title")),
        model=_word(value.get("default_model_slug")),
        is_pinned=value.get("is_starred") is True or value.get("pinned_time") is not None,
        is_archived=value.get("is_archived") is True,
        created_at=time_of(value.get("create_time")),
        updated_at=time_of(value.get("update_time")),
    )


def _fingerprint(value: Fields, messages: list[CanonicalMessage]) -> str:
    """An id for an entry that has none; it stays the same when the conversation goes on."""
    first = [message.external_id for message in messages[:3]]
    facts = [_word(value.get("title")), str(time_of(value.get("create_time"))), *first]
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()


def _residue(value: Fields, read: CanonicalConversation) -> Fields:
    kept = residue(without(value, "mapping"), _written(read))
    if read.created_at is None:  # the row will have a time all the same
        kept["create_time"] = value.get("create_time")
    return set_aside(kept, "root", "structure", "fields")


def _written(read: CanonicalConversation) -> Fields:
    """All but the mapping, as the columns alone say it."""
    return {
        "title": read.title,
        "create_time": seconds_of(read.created_at),
        "update_time": seconds_of(read.updated_at),
        "current_node": read.head,
        "conversation_id": read.external_id,
        "id": read.external_id,
        "default_model_slug": read.model or None,
        "is_archived": read.is_archived,
    }


def _mapping(rows: list[CanonicalMessage], root: str | None) -> Nodes:
    mapping: Nodes = {}
    if root is not None:
        mapping[root] = {"id": root, "message": None, "parent": None, "children": []}
    kept = {row.external_id: row.metadata.get("chatgpt", {}).get("node", {}) for row in rows}
    for row in rows:
        node_id, parent = row.external_id, row.parent or root
        mapping[node_id] = {"id": node_id, "message": write_message(row), "parent": parent, "children": []}
        above = mapping.get(_word(kept[node_id].get("parent", parent)))
        if above is not None:
            above["children"].append(node_id)
    return mapping | {node_id: mapping[node_id] | kept[node_id] for node_id in kept}
