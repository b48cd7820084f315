"""Conversations of a ChatGPT export: their columns, what is kept beside them, what is refused."""

import copy
import datetime as dt
import json

import pytest

from aistore.exceptions import BadConversation
from aistore.interop import chatgpt
from aistore.interop.arrangement import arranged
from tests.interop.chatgpt_exports import ID, empty, export, line, message, node


def read(value):
    return chatgpt.conversation(value)


def why(value):
    with pytest.raises(BadConversation) as caught:
        read(value)
    return str(caught.value)


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, {"messages": []}, {"chat": {}}])
def test_recognises_nothing_else(value):
    assert not chatgpt.recognises(value)


def test_recognises_a_mapping_even_a_wrong_one():
    """So that the error is about the mapping and not about an unknown file."""
    assert chatgpt.recognises(line("Hi"))
    assert chatgpt.recognises({"mapping": 7})


def test_columns():
    found = read(line("Hi", "Hello!", is_archived=True, is_starred=True))
    assert (found.external_id, found.source, found.title, found.model) == (ID, "chatgpt", "Basil", "gpt-5")
    assert (found.head, found.is_archived, found.is_pinned) == ("n2", True, True)
    assert found.created_at == dt.datetime(2025, 8, 24, 1, 46, 40, 123456, dt.UTC)
    assert found.updated_at == dt.datetime(2025, 8, 24, 1, 53, 20, 654321, dt.UTC)


def test_a_time_of_pinning_pins():
    assert read(line("Hi", pinned_time=1756000400.5)).is_pinned
    assert not read(line("Hi", pinned_time=None, is_starred=False)).is_pinned


def test_the_empty_root_is_no_row_and_is_remembered():
    found = read(line("Hi", "Hello!"))
    assert [(row.external_id, row.parent) for row in found.messages] == [("n1", None), ("n2", "n1")]
    assert found.metadata["chatgpt"]["root"] == "root"


def test_rows_below_the_root_need_no_metadata():
    assert [row.metadata for row in read(line("Hi", "Hello!")).messages] == [{}, {}]


def test_a_root_that_is_more_than_empty_is_kept():
    value = line("Hi")
    value["mapping"]["root"] |= {"colour": "red", "children": ["gone", "n1"]}
    assert chatgpt.as_chatgpt(read(value)) == value


def test_an_empty_node_in_the_middle_is_bridged_and_remembered():
    value = export(node("a"), empty("gap", "a"), node("b", "gap"))
    found = read(value)
    assert [(row.external_id, row.parent) for row in found.messages] == [("a", None), ("b", "a")]
    assert found.metadata["chatgpt"]["structure"] == {"gap": value["mapping"]["gap"]}
    assert chatgpt.as_chatgpt(found) == value


def test_the_head_is_the_nearest_row():
    value = export(node("a"), node("b", "a"), empty("gap", "b"))
    assert read(value).head == "b"


@pytest.mark.parametrize("current", [None, "gone", "", 5, [], {"id": "n1"}])
def test_without_a_known_current_node_the_head_is_left_open(current):
    value = line("Hi", current_node=current)
    assert read(value).head is None
    assert chatgpt.as_chatgpt(read(value)) == value


def test_branches_stay_beside_each_other():
    value = export(node("q"), node("first", "q"), node("second", "q"), current_node="first")
    found = read(value)
    assert [(row.external_id, row.parent) for row in found.messages[1:]] == [("first", "q"), ("second", "q")]
    assert found.head == "first"


def test_two_roots_are_kept():
    value = export(node("a"), node("b"), node("c", "b"))
    assert [row.parent for row in read(value).messages] == [None, None, "b"]
    assert chatgpt.as_chatgpt(read(value)) == value


def test_a_parent_that_is_not_there_stays_as_it_is():
    """The importer hangs the message to the root and warns; the export names the parent again."""
    value = export(node("a"), node("b", "gone"))
    found = read(value)
    assert found.messages[1].parent == "gone"
    assert found.messages[1].metadata["chatgpt"]["node"] == {"parent": "gone"}
    assert chatgpt.as_chatgpt(found) == value


def test_the_older_name_of_the_id():
    value = line("Hi")
    del value["id"]
    assert read(value).external_id == ID


NAMELESS = {"id": None, "conversation_id": None, "title": "\ud83d"}


def test_without_an_id_one_is_made_that_outlives_a_going_on():
    short, long = line(*"abc", **NAMELESS), line(*"abcdefg", **NAMELESS)
    assert read(short).external_id == read(long).external_id
    assert chatgpt.as_chatgpt(read(short)) == short


@pytest.mark.parametrize(
    "other",
    [
        line(*"abc", **NAMELESS | {"title": "Mint"}),
        line(*"abc", **NAMELESS, create_time=1756000000.5),
        export(node("other"), **NAMELESS),
    ],
)
def test_the_made_id_tells_conversations_apart(other):
    assert read(other).external_id != read(line(*"abc", **NAMELESS)).external_id


def test_every_other_field_is_kept():
    fields = {"safe_urls": ["https://example.org"], "voice": None, "memory_scope": "on", "sugar": {"a": [1]}}
    kept = read(line("Hi", **fields)).metadata["chatgpt"]
    assert {name: kept[name] for name in fields} == fields
    assert "title" not in kept


def test_fields_with_names_of_ours_are_kept_aside():
    value = line("Hi", root="theirs", structure=5, fields=[6])
    assert read(value).metadata["chatgpt"]["root"] == "root"
    assert chatgpt.as_chatgpt(read(value)) == value


def test_reading_changes_nothing_in_what_is_read():
    value = export(node("a"), node("b", "a"), node("c", 5), empty("gap", "a"), node("d", "gap"))
    before = copy.deepcopy(value)
    chatgpt.as_chatgpt(read(value))
    assert value == before


@pytest.mark.parametrize("wrong", [7, True, None, [], "x"])
def test_fields_of_the_wrong_type_are_kept_and_harmless(wrong):
    names = "title create_time update_time default_model_slug is_archived is_starred"
    value = line("Hi", **dict.fromkeys(names.split(), wrong))
    assert chatgpt.as_chatgpt(read(value)) == value


def test_a_conversation_without_a_time_says_so():
    """The importer gives it one."""
    assert read(line("Hi", create_time=None)).metadata["chatgpt"]["create_time"] is None


def test_only_true_archives():
    assert not read(line("Hi", is_archived="no")).is_archived


def test_a_number_for_a_title_becomes_a_text():
    assert read(line("Hi", title=2024)).title == "2024"


def test_an_empty_mapping_is_an_empty_conversation():
    assert read(export()).messages == []


def test_a_line_without_parents_and_children():
    """The smallest exports join their nodes by their order alone."""
    bare = {name: {"id": name, "message": message(name)} for name in "abc"}
    assert [row.parent for row in read({"mapping": bare}).messages] == [None, "a", "b"]


def test_nul_and_lone_surrogates_stay_in_the_text():
    text = "a\x00b\ud83dc"
    value = json.loads(json.dumps(line(text, title=text)))
    assert read(value).messages[0].content == text
    assert read(value).title == text


def test_a_large_message_is_not_copied():
    text = "x" * 20_000_000
    assert read(line(text)).messages[0].content is text


def test_nesting_without_end_is_no_matter_of_the_reader():
    """What is too deep to store is refused where it is stored."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    found = read(line({"content_type": "new", "tree": deep}, "Hi", note=deep))
    assert chatgpt.as_chatgpt(found)["note"] is deep
    assert found.messages[0].parts[0]["item"]["tree"] is deep


def test_50_000_messages_in_one_line():
    assert len(read(line(*["Hi"] * 50_000)).messages) == 50_000


@pytest.mark.parametrize("value", [None, 7, "text", [line("Hi")]])
def test_refuses_what_is_no_object(value):
    assert "without an id was skipped: it is" in why(value)


def test_refuses_an_entry_without_a_mapping():
    said = why({"title": "Corrupted", "id": "abc"})
    assert said == "Conversation 'abc' ('Corrupted') was skipped: it has no mapping, so no messages."


@pytest.mark.parametrize("mapping", [None, 7, [], "x"])
def test_refuses_a_mapping_of_another_type(mapping):
    assert "its mapping is" in why(line("Hi", mapping=mapping))


@pytest.mark.parametrize("wrong", [None, 7, "text", ["x"]])
def test_refuses_a_node_that_is_no_object(wrong):
    assert "node 'n1' is" in why(export(node("a"), mapping={"n1": wrong}))


@pytest.mark.parametrize("wrong", [7, "text", ["x"], False])
def test_refuses_a_message_that_is_no_object(wrong):
    value = line("Hi")
    value["mapping"]["n1"]["message"] = wrong
    assert "the message of node 'n1' is" in why(value)


def test_refuses_a_circle_and_names_it():
    value = export(node("top"), node("a", "c"), node("b", "a"), node("c", "b"), node("below", "c"))
    assert "in a circle: 'a' → 'c' → 'b' → 'a'." in why(value)


@pytest.mark.parametrize("node_id", ["x" * 10_000, ""])
def test_ids_that_no_column_takes_are_no_matter_of_the_reader(node_id):
    """They are refused with those of all formats."""
    found = read(export(node(node_id)))
    with pytest.raises(BadConversation):
        arranged(found)
