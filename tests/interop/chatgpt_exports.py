"""Small exports of ChatGPT, written by hand: what a test is about is given, the rest is as in every export."""

from aistore.interop import chatgpt

ID = "6f0f3bb2-3c1a-4a68-b6a5-0d5e8f1f2a01"


def message(node_id, role="user", content="Hello", *, name=None, facts=None, **fields):
    """``content``: a text, or the whole object; ``facts``: what the export calls metadata."""
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    return {
        "id": node_id,
        "author": {"role": role, "name": name, "metadata": {}},
        "create_time": 1756000000.123456,
        "update_time": None,
        "content": content,
        "status": "finished_successfully",
        "end_turn": None,
        "weight": 1.0,
        "metadata": facts or {},
        "recipient": "all",
        "channel": None,
        **fields,
    }


def node(node_id, parent=None, role="user", content="Hello", **fields):
    return {
        "id": node_id,
        "message": message(node_id, role, content, **fields),
        "parent": parent,
        "children": [],
    }


def empty(node_id, parent=None):
    """A node without a message."""
    return {"id": node_id, "message": None, "parent": parent, "children": []}


def export(*nodes, **fields):
    """The first node gets no parent; every parent gets its children."""
    mapping = {each["id"]: each for each in nodes}
    for each in nodes:
        if each["parent"] in mapping:
            mapping[each["parent"]]["children"].append(each["id"])
    return {
        "title": "Basil",
        "create_time": 1756000000.123456,
        "update_time": 1756000400.654321,
        "mapping": mapping,
        "current_node": nodes[-1]["id"] if nodes else None,
        "conversation_id": ID,
        "id": ID,
        "default_model_slug": "gpt-5",
        "is_archived": False,
        **fields,
    }


def line(*contents, **fields):
    """User and assistant in turn below an empty root."""
    nodes = [empty("root")]
    for number, content in enumerate(contents, start=1):
        role = "user" if number % 2 else "assistant"
        nodes.append(node(f"n{number}", nodes[-1]["id"], role, content))
    return export(*nodes, **fields)


def read_one(role="user", content="Hello", **fields):
    """The row of a conversation that is one message."""
    read = chatgpt.conversation(export(node("n1", None, role, content, **fields)))
    assert_written(
        message("n1", role, content, **fields), chatgpt.as_chatgpt(read)["mapping"]["n1"]["message"]
    )
    return read.messages[0]


def assert_written(read, written):
    """What was there is there again. Beside it there may be fields that were absent, with a usual value."""
    if isinstance(read, dict) and isinstance(written, dict):
        for field in read:
            assert_written(read[field], written[field])
    else:
        assert read == written
        assert isinstance(read, bool) == isinstance(written, bool)
