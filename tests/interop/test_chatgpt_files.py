"""Whole exports, where they lie beside the repository: nothing is refused but what must be, no text is changed,
and what is written back is what was read."""

import collections
import gzip
import json

import pytest

from aistore.exceptions import BadConversation
from aistore.interop import chatgpt
from tests.interop import shared_data
from tests.interop.chatgpt_exports import assert_written

pytestmark = pytest.mark.skipif(not shared_data.is_there(), reason="../shared/data is not there")

EXPORT = "exports/chatgpt-conversations.json.gz"
FILES = [
    EXPORT,
    *(f"fixtures/chatgpt-{name}.json" for name in "export tree modern native every-field".split()),
]
FILES += [f"fixtures/chatgpt-{name}.json" for name in ("branch", "short")]


def entries(name):
    packed = (shared_data.FOLDER / name).read_bytes()
    text = gzip.decompress(packed) if name.endswith(".gz") else packed
    value = json.loads(text.decode("utf-8-sig"))
    return value if isinstance(value, list) else [value]


def readable(name):
    return [entry for entry in entries(name) if "mapping" in entry]


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_is_what_was_read(name):
    for entry in readable(name):
        assert_written(entry, chatgpt.as_chatgpt(chatgpt.conversation(entry)))


@pytest.mark.parametrize("name", FILES)
def test_every_message_is_a_row(name):
    for entry in readable(name):
        with_message = {key for key, each in entry["mapping"].items() if each["message"]}
        assert {row.external_id for row in chatgpt.conversation(entry).messages} == with_message


def test_one_entry_of_all_is_refused():
    refused = []
    for entry in [entry for name in FILES for entry in entries(name)]:
        try:
            chatgpt.conversation(entry)
        except BadConversation as error:
            refused.append(str(error))
    assert len(refused) == 1
    assert "'Corrupted entry'" in refused[0]


def test_texts_are_those_of_the_same_conversations_in_jsonl():
    """A message of the other file may be two here (its words and its call), so the texts are counted."""
    texts = [
        text for found in map(chatgpt.conversation, entries(EXPORT)) for text in texts_of(found.messages)
    ]
    known = texts_of_jsonl()
    assert len(texts) > 3000
    assert [text for text in texts if text not in known] == []


def texts_of(rows):
    for row in rows:
        yield from (call["arguments"] for call in row.tool_calls)
        yield from (part["text"] for part in row.parts if part["type"] == "reasoning")
        if row.content:
            yield row.content


def texts_of_jsonl():
    known = set()
    with gzip.open(shared_data.FOLDER / "conversations.jsonl.gz", "rt", encoding="utf-8") as file:
        for said in (said for each in file for said in json.loads(each)["messages"]):
            known.add(said["content"])
            known.update(call["function"]["arguments"] for call in said.get("tool_calls") or ())
            known.update(part["text"] for part in said.get("parts") or () if "text" in part)
    return known


def test_what_the_export_holds_is_recognised():
    found = [chatgpt.conversation(entry) for entry in entries(EXPORT)]
    rows = [row for each in found for row in each.messages]
    parents = [[row.parent for row in each.messages] for each in found]
    assert sum(len(set(each)) < len(each) for each in parents) == 257  # have branches
    assert sum(bool(row.tool_calls) for row in rows) == 258
    assert sum(bool(row.tool_call_id) for row in rows) == 258
    types = collections.Counter(part["type"] for row in rows for part in row.parts)
    assert (types["reasoning"], types["image"], types["file"], types["raw"]) == (21, 17, 17, 0)


def test_every_call_of_the_export_is_answered_once():
    for found in map(chatgpt.conversation, entries(EXPORT)):
        calls = [call["id"] for row in found.messages for call in row.tool_calls]
        assert [row.tool_call_id for row in found.messages if row.tool_call_id] == calls


def test_pages_that_were_browsed_answer_their_calls():
    found = chatgpt.conversation(entries("fixtures/chatgpt-export.json")[0])
    by_id = {row.external_id: row for row in found.messages}
    tools = [row for row in found.messages if row.role == "tool"]
    assert len(tools) == 5
    for row in tools:
        assert row.name == "browser"
        assert by_id[row.tool_call_id.removeprefix("call_")].tool_calls[0]["name"] == "browser"


def test_strings_at_random_are_kept():
    """A file with every known field, types and roles made up."""
    (entry,) = entries("fixtures/chatgpt-every-field.json")
    found = chatgpt.conversation(entry)
    assert [row.parts[0]["type"] for row in found.messages] == ["raw"] * 3
    assert all(row.content for row in found.messages)
