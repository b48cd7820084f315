"""Lines of JSONL as canonical conversations."""

import datetime as dt
from decimal import Decimal

import pytest

from aistore.exceptions import BadConversation
from aistore.interop import jsonl
from tests.interop.imports import conversation, message


def read(*messages, **fields):
    return jsonl.conversation(conversation(*messages, **fields))


def read_message(**fields):
    return read(message(**fields)).messages[0]


def parents(*messages, **fields):
    return [row.parent for row in read(*messages, **fields).messages]


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, {"messages": 1}, {"messages": []}, {"messages": [1]}, {"messages": [{}]}]
)
def test_what_it_is_not(value):
    assert not jsonl.recognises(value)


@pytest.mark.parametrize("value", [{"id": "x", "messages": []}, conversation(), {"messages": [{"role": 5}]}])
def test_what_it_is(value):
    assert jsonl.recognises(value)


def test_columns_of_a_conversation():
    row = read(
        title="T",
        source="s",
        model="m",
        system_prompt="p",
        tags=["a"],
        pinned=True,
        archived=True,
        metadata={"k": 1},
    )
    assert (row.external_id, row.title, row.source, row.model) == ("c1", "T", "s", "m")
    assert (row.system_prompt, row.tags, row.is_pinned, row.is_archived) == ("p", ["a"], True, True)
    assert row.metadata == {"k": 1}


def test_source_is_jsonl_where_none_is_named():
    assert read().source == "jsonl"


def test_source_may_be_named_empty():
    """That of conversations that were made here."""
    assert read(source="").source == ""


def test_keys_that_are_not_ours_are_kept():
    row = read(message(likes=3, metadata={"k": 1}), kind="llm", lang="en", metadata={"k": 2})
    assert row.metadata == {"k": 2, "jsonl": {"kind": "llm", "lang": "en"}}
    assert row.messages[0].metadata == {"k": 1, "jsonl": {"likes": 3}}


def test_messages_are_a_line_where_nothing_else_is_said():
    assert parents(message(), message(), message()) == [None, "1", "2"]


def test_null_is_a_root_and_nothing_is_the_line():
    assert parents(message(parent=None), message(), message(parent=None)) == [None, "1", None]


def test_n_and_parent_make_a_tree():
    tree = [message(n=5, parent=None), message(n=7, parent=5), message(n=9, parent=5)]
    assert parents(*tree) == [None, "5", "5"]
    assert read(*tree, active=7).head == "7"


def test_ids_and_numbers_may_be_mixed():
    tree = [message(id="a", n=1), message(id="b", n=2, parent=1), message(id="c", parent="a")]
    assert parents(*tree) == [None, "a", "a"]
    assert read(*tree, active=2).head == "b"
    assert read(*tree, active="c").head == "c"


def test_a_parent_in_no_message_keeps_its_name():
    """It may be stored already."""
    assert parents(message(parent=17), message(parent="x")) == ["17", "x"]


def test_call_of_openai():
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": '}}
    assert read_message(tool_calls=[call]).tool_calls == [
        {"id": "a", "name": "f", "arguments": '{"x": ', "type": "function"}
    ]


def test_call_in_our_form():
    call = {"id": "a", "name": "f", "arguments": "{}", "type": "custom"}
    assert read_message(tool_calls=[call]).tool_calls == [call]


def test_call_with_free_text():
    call = {"id": "a", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    assert read_message(tool_calls=[call]).tool_calls == [
        {"id": "a", "name": "sh", "arguments": "ls", "type": "custom"}
    ]


def test_call_with_an_object_as_arguments():
    call = {"id": "a", "function": {"name": "f", "arguments": {"city": "Huế"}}}
    assert read_message(tool_calls=[call]).tool_calls[0]["arguments"] == '{"city": "Huế"}'


def test_rest_of_a_call():
    call = {"id": "a", "index": 0, "function": {"name": "f", "arguments": "", "strict": True}}
    (kept,) = read_message(tool_calls=[call]).tool_calls
    assert (kept["index"], kept["function"]) == (0, {"strict": True})


def test_calls_follow_from_the_parts():
    part = {"type": "tool_call", "id": "a", "name": "f", "arguments": "{}"}
    assert read_message(parts=[part]).tool_calls[0]["name"] == "f"
    assert read_message(parts=[part], tool_calls=[]).tool_calls == []


def test_content_follows_from_the_parts():
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    for given in ({"content": parts}, {"content": None, "parts": parts}):
        row = read_message(**given)
        assert (row.content, row.parts) == ("a\n\nb", parts)


def test_content_that_is_given_stands():
    row = read_message(content="", parts=[{"type": "text", "text": "a"}])
    assert row.content == ""


def test_no_content():
    assert read_message(content=None).content == ""


def test_parts_of_any_type_stay_as_they_are():
    parts = [{"type": "image_url", "image_url": "x.png"}, {"type": "from the future", "x": [1]}]
    assert read_message(content="", parts=parts).parts == parts


def test_tokens_follow_from_the_usage():
    row = read_message(usage={"prompt_tokens": 5, "completion_tokens": 7})
    assert (row.input_tokens, row.output_tokens) == (5, 7)
    assert read_message(usage={"prompt_tokens": 5}, input_tokens=None).input_tokens is None


@pytest.mark.parametrize("cost", ["0.0012", 0.0012])
def test_cost(cost):
    assert read_message(cost=cost).cost == Decimal("0.0012")


@pytest.mark.parametrize(
    "text", ["2024-05-01T10:00:00Z", "2024-05-01 10:00:00", "2024-05-01T12:00:00+02:00", "20240501T10"]
)
def test_times(text):
    assert read_message(created_at=text).created_at == dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC)


def test_minutes_after_the_start():
    row = read(message(minutes=1.5), message(), created_at="2024-05-01T10:00:00Z")
    assert row.messages[0].created_at == dt.datetime(2024, 5, 1, 10, 1, 30, tzinfo=dt.UTC)
    assert row.messages[1].created_at is None


def test_minutes_without_a_start_are_no_time():
    assert read_message(minutes=1.5).created_at is None


def test_without_an_id_the_content_is_the_id():
    line = {"messages": [message()], "title": "\ud800"}
    assert jsonl.conversation(line).external_id == jsonl.conversation(dict(line)).external_id
    assert jsonl.conversation(line).external_id != jsonl.conversation({**line, "title": ""}).external_id


def test_error_names_the_title_where_there_is_no_id():
    with pytest.raises(BadConversation, match="Conversation 'Trip' was skipped"):
        jsonl.conversation({"title": "Trip", "messages": 5})
