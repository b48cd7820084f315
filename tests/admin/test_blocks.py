"""A message as blocks, whatever its parts are."""

import json

import pytest

from aistore.admin.blocks import Text, blocks_of, parts_as_blocks, pretty, web_address
from aistore.admin.branch import MOST_CHARACTERS
from aistore.models import Message


def blocks(content="", parts=(), calls=(), role="assistant"):
    return blocks_of(Message(role=role, content=content, parts=list(parts), tool_calls=list(calls)))


def block(part):
    (only,) = parts_as_blocks([part])
    return only


def test_one_text():
    """A message without parts is its content."""
    (only,) = blocks("Hello")
    assert (only.kind, only.text.source) == ("text", "Hello")


def test_parts_are_the_order():
    """What was between two texts stays between them."""
    parts = [{"type": "text", "text": "a"}, {"type": "reasoning", "text": "b"}, {"type": "text", "text": "c"}]
    assert [(one.kind, one.text.source) for one in blocks("a\n\nc", parts)] == [
        ("text", "a"),
        ("reasoning", "b"),
        ("text", "c"),
    ]


def test_content_beside_parts_without_text():
    """A text that no part carries is not lost."""
    shown = blocks("See this:", [{"type": "image", "name": "map.png"}])
    assert [one.kind for one in shown] == ["text", "reference"]


def test_calls_beside_parts():
    """A tool call that no part carries is not lost, one that a part carries comes once."""
    call = {"id": "call_1", "name": "search", "arguments": "{}", "type": "function"}
    assert [one.kind for one in blocks(calls=[call])] == ["call"]
    assert [one.kind for one in blocks(parts=[{**call, "type": "tool_call"}], calls=[call])] == ["call"]


def test_a_call():
    """Name, arguments to read, and their beginning for the folded line."""
    one = block(
        {"type": "tool_call", "id": "call_1", "name": "search", "arguments": '{"city":"北京","n":[1]}'}
    )
    assert (one.label, one.call_id, one.facts) == ("search", "call_1", ['{"city":"北京","n":[1]}'])
    assert one.text.source == '{\n  "city": "北京",\n  "n": [\n    1\n  ]\n}'


@pytest.mark.parametrize("text", ["{broken", "", "[" * 100_000, "1" * 5000 + ".", '{"a": 1} x'])
def test_arguments_that_are_no_json(text):
    """They are shown as the model sent them."""
    assert pretty(text) == text


def test_the_result_of_a_tool():
    """Objects are indented, plain text is left alone."""
    assert blocks('{"a":1}', role="tool")[0].text.source == '{\n  "a": 1\n}'
    assert blocks('"quoted"', role="tool")[0].text.source == '"quoted"'
    assert blocks("3.50", role="tool")[0].text.source == "3.50"


def test_a_result_of_parts():
    """The texts of a list of parts, one below the other."""
    content = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    one = block({"type": "tool_result", "id": "call_1", "content": content, "is_error": True})
    assert (one.kind, one.call_id, one.text.source, one.is_error) == ("result", "call_1", "a\n\nb", True)


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file"])
def test_files_are_named(kind):
    """What kind of file, its name, type and size; it is neither fetched nor linked."""
    one = block(
        {"type": kind, "name": "a.b", "media_type": "x/y", "size": 2048, "url": "https://x.example/a"}
    )
    assert one.facts == ["a.b", "x/y", "2.0 KB", "https://x.example/a"]
    assert one.href == ""


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://hue.example/a?b#c", "https://hue.example/a?b#c"),
        ("http://hue.example", "http://hue.example"),
        ("HTTPS://hue.example", "HTTPS://hue.example"),
        ("javascript:alert(1)", ""),
        (" javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//hue.example", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_links(url, href):
    """Nothing that runs, nothing that opens another program."""
    assert web_address(url) == href


def test_reasoning_that_is_kept_secret():
    """Said, instead of shown as nothing."""
    assert "not readable" in block({"type": "reasoning", "encrypted": "xyz"}).text.source
    assert block({"type": "reasoning", "summary": ["a", "b"]}).text.source == "a\n\nb"


def test_unknown_types_are_data():
    """A type that nobody knew is shown by its name, with all that it carries."""
    part = {"type": "raw", "format": "openai", "item": {"x": 1}}
    one = block(part)
    assert (one.kind, one.label, json.loads(one.text.source)) == ("data", "raw openai", part)


@pytest.mark.parametrize(
    "part",
    [
        17, None, True, [], ["x"], {}, {"type": None}, {"type": ["x"]}, {"type": {"a": 1}}, {"type": "text"},
        {"type": "text", "text": 5}, {"type": "text", "text": {"value": "x", "annotations": []}},
        {"type": "tool_call"}, {"type": "tool_call", "name": 1, "arguments": {"a": [1]}, "id": 5},
        {"type": "tool_result", "content": [1, None, {"a": 1}]}, {"type": "image", "size": "big", "name": []},
        {"type": "source", "url": 5, "title": None}, {"type": "code", "language": {}, "text": []},
        {"type": "reasoning", "summary": {"a": 1}}, {"type": "\x00\ud83d"},
    ],
)  # fmt: skip
def test_any_shape_is_shown(part):
    """Parts come from strangers: none of them is an error."""
    one = block(part)
    assert one.label or one.text


def test_parts_that_stayed_in_the_database():
    """Too long ones are told."""
    assert "too long" in parts_as_blocks(None)[0].label


def test_a_huge_text_is_cut():
    """Of a text that no browser would scroll the beginning is shown, and how long it is."""
    cut = Text.of("x" * 3_000_000)
    assert (len(cut.source), cut.length, cut.is_cut) == (MOST_CHARACTERS, 3_000_000, True)


def test_escaped_characters_do_not_look_cut():
    """In the database NUL counts as five characters; that is no reason to say that something is missing."""
    assert not Text.of("\x00" * 100, stored=500).is_cut
