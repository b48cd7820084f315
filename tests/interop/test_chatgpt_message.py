"""One message as a row. read_one() and round() also compare what is written back with what was read."""

import datetime as dt

import pytest

from aistore.interop import chatgpt
from aistore.interop.arrangement import arranged
from tests.interop.chatgpt_exports import empty, export, message, node, read_one

CODE = {"content_type": "code", "language": "unknown", "text": 'search("basil")'}
OUTPUT = {"content_type": "execution_output", "text": "Sunny."}


def rows(*nodes):
    value = export(*nodes)
    found = chatgpt.conversation(value)
    assert chatgpt.as_chatgpt(found) == value
    return {row.external_id: row for row in found.messages}


def test_columns():
    row = read_one(
        "assistant", "Hello", facts={"model_slug": "gpt-4o", "finish_details": {"type": "stop"}, "pad": "AA"}
    )
    assert (row.external_id, row.role, row.content, row.parts) == ("n1", "assistant", "Hello", [])
    assert (row.model, row.finish_reason, row.status) == ("gpt-4o", "stop", "complete")
    assert row.created_at == dt.datetime(2025, 8, 24, 1, 46, 40, 123456, dt.UTC)
    assert row.metadata == {"chatgpt": {"metadata": {"pad": "AA"}}}


def test_a_usual_message_needs_no_metadata():
    """Most of an export are such messages; each byte here would be stored a million times."""
    assert read_one().metadata == {}


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool", "critic", ""])
def test_a_role_is_as_the_export_says(role):
    """The importer translates words that are no roles of ours."""
    assert (read_one(role).role, read_one(role).is_hidden) == (role, False)


@pytest.mark.parametrize("role", [None, 7, ["user"], {}])
def test_a_role_of_another_type_is_unknown(role):
    row = read_one(role, author={"role": role, "name": 7, "metadata": {"real_author": "tool:web"}})
    assert (row.role, row.name) == ("unknown", "")


@pytest.mark.parametrize("author", [None, 7, "user", [], {}])
def test_an_author_of_another_type_too(author):
    assert read_one(author=author).role == "unknown"


def test_a_role_that_was_translated_is_written_as_it_was():
    value = export(node("n1", role="critic"))
    read = chatgpt.conversation(value)
    stored = arranged(read).conversation
    assert (stored.messages[0].role, stored.messages[0].is_hidden) == ("assistant", True)
    assert chatgpt.as_chatgpt(stored) == value


def test_the_name_of_an_author():
    assert read_one("tool", name="browser").name == "browser"


@pytest.mark.parametrize(
    "fields",
    [{"weight": 0.0}, {"weight": 0}, {"facts": {"is_visually_hidden_from_conversation": True}}],
)
def test_hidden(fields):
    assert read_one(**fields).is_hidden


@pytest.mark.parametrize("weight", [1, 0.5, None, True, "0", []])
def test_not_hidden(weight):
    assert not read_one(weight=weight).is_hidden


@pytest.mark.parametrize(
    ("status", "finish", "ours"),
    [
        ("finished_successfully", "stop", "complete"),
        ("finished_successfully", "max_tokens", "incomplete"),
        ("finished_successfully", "interrupted", "cancelled"),
        ("finished_partial_completion", "unknown", "incomplete"),
        ("in_progress", None, "streaming"),
        ("in_progress", "max_tokens", "incomplete"),
        ("finished", None, "complete"),
        (None, ["stop"], "complete"),
        (["in_progress"], {}, "complete"),
    ],
)
def test_status(status, finish, ours):
    row = read_one("assistant", status=status, facts={"finish_details": {"type": finish}})
    assert row.status == ours
    assert row.finish_reason == (finish if isinstance(finish, str) else "")


def test_more_finish_details_are_kept():
    details = {"type": "stop", "stop_tokens": [100260]}
    row = read_one("assistant", facts={"finish_details": details})
    assert row.metadata["chatgpt"]["metadata"]["finish_details"] == details


def test_citations_keep_their_offsets():
    citations = [{"start_ix": 1, "end_ix": 4, "metadata": {"url": "https://example.org", "title": "Basil"}}]
    row = read_one("assistant", " [1]\r\n\u0065\u0301", facts={"citations": citations})
    assert row.content == " [1]\r\n\u0065\u0301"
    assert row.metadata["chatgpt"]["metadata"]["citations"] == citations


@pytest.mark.parametrize("time", [None, "soon", True, [], 1e300, 1704110400.1234567])
def test_a_time_that_a_column_cannot_give_back_is_kept(time):
    assert "create_time" in read_one(create_time=time).metadata["chatgpt"]


def test_a_time_as_text():
    row = read_one(create_time="2024-01-01T12:00:00Z")
    assert row.created_at == dt.datetime(2024, 1, 1, 12, 0, tzinfo=dt.UTC)


def test_an_update_is_no_edit():
    """What stood there before is not in the export."""
    row = read_one(update_time=1756000000.5)
    assert row.edited_at is None
    assert row.metadata["chatgpt"] == {"update_time": 1756000000.5}


def test_attachments_are_files():
    attachment = {"id": "file-1", "name": "a.txt", "mime_type": "text/plain", "size": 5, "tokens": 7}
    row = read_one(content="Read this.", facts={"attachments": [attachment]})
    file = {"type": "file", "file_id": "file-1", "name": "a.txt", "media_type": "text/plain", "size": 5}
    assert row.parts == [{"type": "text", "text": "Read this."}, {**file, "extra": {"tokens": 7}}]
    assert row.metadata == {}


def test_the_older_name_of_a_media_type():
    row = read_one(facts={"attachments": [{"id": "file-1", "mimeType": "text/plain"}]})
    assert row.parts[1]["media_type"] == "text/plain"


@pytest.mark.parametrize("wrong", [None, 7, "file-1", {}, [None], ["file-1"], [{"id": 7, "size": True}], []])
def test_attachments_of_another_kind_are_kept(wrong):
    assert read_one(facts={"attachments": wrong}).content == "Hello"


@pytest.mark.parametrize("facts", [7, "x", None, [1]])
def test_metadata_of_another_type_is_kept(facts):
    value = export(node("n1", metadata=facts))
    assert chatgpt.as_chatgpt(chatgpt.conversation(value)) == value


def test_a_field_with_a_name_of_ours_is_kept_aside():
    value = export(node("n1", node="theirs", fields={"a": 1}))
    value["mapping"]["n1"]["colour"] = "red"
    row = chatgpt.conversation(value).messages[0]
    assert row.metadata["chatgpt"]["node"] == {"colour": "red"}
    assert chatgpt.as_chatgpt(chatgpt.conversation(value)) == value


def test_the_id_of_the_message_may_differ_from_that_of_its_node():
    value = export(node("n1", id="m1"))
    row = chatgpt.conversation(value).messages[0]
    assert (row.external_id, row.metadata["chatgpt"]["id"]) == ("n1", "m1")


def test_what_an_assistant_sends_to_a_tool_is_a_call():
    row = read_one("assistant", CODE, recipient="browser")
    call = {"id": "call_n1", "name": "browser", "arguments": 'search("basil")'}
    assert row.content == ""
    assert row.parts == [{"type": "tool_call", **call}]
    assert row.tool_calls == [{"type": "function", **call}]


def test_a_call_may_be_text():
    row = read_one("assistant", '{"query": "basil"}', recipient="canmore.create_textdoc")
    assert row.tool_calls[0]["arguments"] == '{"query": "basil"}'


@pytest.mark.parametrize("texts", [[], ["a", "b"]])
def test_a_call_of_several_texts_is_joined(texts):
    row = read_one("assistant", {"content_type": "text", "parts": texts}, recipient="bio")
    assert row.tool_calls[0]["arguments"] == "\n\n".join(texts)


@pytest.mark.parametrize(
    ("role", "content", "recipient"),
    [
        ("user", "Hello", "browser"),
        ("assistant", "Hello", "all"),
        ("assistant", "Hello", "assistant"),
        ("assistant", "Hello", ""),
        ("assistant", "Hello", None),
        ("assistant", "Hello", 7),
        ("assistant", {"content_type": "text", "parts": [{"a": 1}]}, "browser"),
        ("assistant", {"content_type": "code", "text": 7}, "browser"),
        ("assistant", {"content_type": "thoughts", "thoughts": []}, "browser"),
    ],
)
def test_no_calls(role, content, recipient):
    assert read_one(role, content, recipient=recipient).tool_calls == []


def test_a_tool_answers_the_call_above_it():
    """Not the one that has its name: many tools answer under the name of another."""
    found = rows(
        node("q"),
        node("call", "q", "assistant", CODE, recipient="create_note"),
        node("answer", "call", "tool", OUTPUT, name="python"),
    )
    assert found["answer"].tool_call_id == found["call"].tool_calls[0]["id"] == "call_call"
    assert (found["answer"].content, found["answer"].parts) == ("Sunny.", [])


def test_a_second_answer_hangs_under_the_first():
    found = rows(
        node("call", None, "assistant", CODE, recipient="browser"),
        empty("gap", "call"),
        node("one", "gap", "tool", OUTPUT),
        node("two", "one", "tool", OUTPUT),
    )
    assert found["one"].tool_call_id == found["two"].tool_call_id == "call_call"


def test_a_tool_without_a_call_answers_none():
    found = rows(
        node("call", None, "assistant", CODE, recipient="browser"),
        node("text", "call", "assistant"),
        node("late", "text", "tool", OUTPUT),
    )
    assert found["late"].tool_call_id == ""


def test_absent_fields_come_back_with_their_usual_value():
    bare = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Hi"]}}
    value = {"mapping": {"n1": {"message": bare}}}
    written = chatgpt.as_chatgpt(chatgpt.conversation(value))["mapping"]["n1"]["message"]
    assert written == message("n1", "user", "Hi", create_time=None)
