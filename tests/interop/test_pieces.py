"""What is read of one message."""

import json
from pathlib import Path

import pytest

from aistore.interop import as_openai
from tests.interop.accepted import assert_openai_takes
from tests.interop.rows import calling, result, row

EDGE_TEXTS = Path(__file__).parent.parent / "data" / "edge-texts.jsonl"


def sent(*path):
    messages = as_openai(path)
    assert_openai_takes(messages)
    return messages


def contents(*path):
    return [message["content"] for message in sent(*path)]


@pytest.mark.parametrize("line", EDGE_TEXTS.read_text().splitlines(), ids=lambda line: json.loads(line)["id"])
def test_edge_texts(line):
    """A text is sent as it is, but for NUL, lone surrogates, and blank ones."""
    text = json.loads(line)["text"]
    sendable = text.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")
    assert contents(row("user", text)) == ([sendable] if text.strip() else [])


def test_halves_of_a_pair():
    """Two surrogates that belong together are one character."""
    assert contents(row("user", "\ud83d\ude00 \ude00\ud83d")) == ["\U0001f600 \ufffd\ufffd"]


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u2003", "\x1f"])
def test_blank_text(blank):
    """It is left out, as a message and as a part."""
    path = (
        row("user", blank),
        row("user", parts=[{"type": "text", "text": blank}, {"type": "text", "text": "Hi"}]),
    )
    assert contents(*path) == ["Hi"]


def test_content_beside_parts_without_a_word():
    """Where no part says anything, content was given beside them."""
    path = row("assistant", "Yes.", parts=[{"type": "reasoning", "text": "Hm."}])
    assert contents(path) == ["Yes."]


def test_content_beside_parts_with_words():
    """Parts are the whole truth."""
    assert contents(row("user", "A summary", parts=[{"type": "text", "text": "Words"}])) == ["Words"]


def test_calls_beside_parts():
    """Where no part is a call, the column says which there are, before the results in the parts."""
    parts = [{"type": "text", "text": "See"}, {"type": "tool_result", "id": "c1", "content": "rain"}]
    assert contents(calling("c1", parts=parts)) == ["See", "rain"]


def test_content_beside_calls_and_results():
    """It is what the message came to, after them."""
    parts = [{"type": "tool_call", "id": "c1"}, {"type": "tool_result", "id": "c1", "content": "rain"}]
    assert contents(row("assistant", "It rains.", parts=parts)) == [None, "rain", "It rains."]


def test_calls_in_both_columns():
    """tool_calls repeats those in the parts; they are sent once."""
    parts = [{"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}"}]
    assert len(sent(calling("c1", parts=parts))[0]["tool_calls"]) == 1


def test_code():
    """It is fenced, with more ticks than are in it."""
    part = {"type": "code", "language": "python", "text": "print('```')"}
    assert contents(row("assistant", parts=[part])) == ["````python\nprint('```')\n````"]


@pytest.mark.parametrize("type", ["source", "step", "data", "raw", "hologram", None, 5, ["text"]])
def test_part_without_a_word_for_it(type):
    """It is left out; the others are sent."""
    parts = [{"type": type, "text": "?", "item": {}}, {"type": "text", "text": "Hi"}]
    assert contents(row("user", parts=parts)) == ["Hi"]


@pytest.mark.parametrize(
    "parts",
    [
        [None, 5, "text", [], {}],
        [{"type": "text"}, {"type": "text", "text": 5}, {"type": "code", "text": None}],
        [{"type": "image_url"}, {"type": "image", "url": 5, "name": []}],
        [{"type": "tool_call"}, {"type": "tool_call", "id": 5, "name": [], "arguments": None}],
        [{"type": "tool_result"}, {"type": "tool_result", "id": {}, "content": 5}],
        [{"type": "reasoning", "text": 5, "signature": [], "redacted": 5, "provider": {}}],
    ],
    ids=str,
)
@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
def test_parts_of_wrong_types(parts, role):
    """They break nothing."""
    assert "Hi" in contents(row(role, parts=parts), row("user", "Hi"))


@pytest.mark.parametrize("calls", [[None, 5], [{}], [{"function": 5}], [{"id": 5, "name": {}, "type": []}]])
def test_calls_of_wrong_types(calls):
    """They break nothing."""
    assert contents(row("assistant", "Hi", tool_calls=calls))[0] == "Hi"


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("rain", "rain"),
        (None, "(no output)"),
        ([], "(no output)"),
        ({"rain": 1}, '{"rain": 1}'),
        (["rain"], '["rain"]'),
        ([{"type": "text", "text": "rain"}, {"type": "image", "name": "map"}], "rain\n\n[image: map]"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_result_in_parts(content, kept):
    """Its content may be text, parts or any JSON."""
    parts = [
        {"type": "tool_call", "id": "c1", "name": "look"},
        {"type": "tool_result", "id": "c1", "content": content},
    ]
    assert contents(row("assistant", parts=parts))[1] == kept


def test_several_results_in_one_message():
    """A tool or user message may carry the results of several calls."""
    parts = [{"type": "tool_result", "id": id, "content": id} for id in ("c1", "c2")]
    assert contents(calling("c1", "c2"), row("tool", parts=parts))[1:] == ["c1", "c2"]
    assert contents(calling("c1", "c2"), row("user", parts=parts))[1:] == ["c1", "c2"]


def test_name_of_a_file():
    """The label of a file that cannot be sent is no longer than a line."""
    part = {"type": "file", "name": "x" * 5000}
    assert len(contents(row("user", parts=[part]))[0]) < 250


def test_sound_with_a_transcript():
    """Its text is sent."""
    part = {"type": "audio", "file_id": "f1", "extracted_text": "Hello"}
    assert contents(row("user", parts=[part])) == ["[audio: f1]\n\nHello"]


def test_result_row_with_parts():
    """A tool message's parts are its result."""
    assert (
        contents(calling("c1"), result("c1", "", parts=[{"type": "code", "text": "1"}]))[1] == "```\n1\n```"
    )
