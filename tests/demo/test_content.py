"""What was written by hand."""

from pathlib import Path

from aistore import demo
from aistore.demo import content


def test_forty():
    """At least forty conversations, each with an id of its own."""
    ids = [conversation["id"] for conversation in content.conversations()]
    assert len(ids) == len(set(ids)) >= 40


def test_fifteen_languages():
    """At least fifteen languages, three of them from right to left."""
    spoken = {conversation.get("metadata", {}).get("lang", "en") for conversation in content.conversations()}
    assert len(spoken) >= 15
    assert {"ar", "he", "fa"} <= spoken


def test_three_hundred_messages():
    """One conversation is long enough to page through."""
    assert max(len(conversation["messages"]) for conversation in content.conversations()) >= 300


def test_variety():
    """Every kind of message that the admin can show, and every way to end."""
    messages = [message for conversation in content.conversations() for message in conversation["messages"]]
    kinds = {part["type"] for message in messages for part in message.get("parts", [])}
    assert {"text", "reasoning", "tool_call", "image", "file", "source", "code", "refusal"} <= kinds
    assert {message.get("status") for message in messages} >= {"failed", "cancelled", "incomplete"}


def test_links():
    """Memories and uploads name conversations that exist."""
    ids = {conversation["id"] for conversation in content.conversations()}
    named = {entry.get("conversation") for entry in (*content.memories(), *content.uploads())}
    assert named - {None} <= ids


def test_small_enough():
    """All of it, code included, is under a megabyte."""
    files = [path for path in Path(demo.__file__).parent.rglob("*") if "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 1_000_000
