"""Which format a file has, and what is said of one that has none."""

import io
import json

import pytest

from aistore import interop
from aistore.exceptions import BadConversation, UnknownFormat, UnreadableFile
from tests.interop import shared_data
from tests.interop.chatgpt_exports import ID, export
from tests.interop.files import CONVERSATION, lines, several, zipped


def read(data, **options):
    return list(interop.read(io.BytesIO(data), **options))


def ids(data, **options):
    return [conversation.external_id for conversation in read(data, **options)]


def refused(data, **options):
    with pytest.raises(UnknownFormat) as caught:
        read(data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_jsonl_is_recognised():
    assert ids(lines(*several(2))) == ["c1", "c2"]


def test_list_of_the_same_is_recognised():
    assert ids(json.dumps(several(2)).encode()) == ["c1", "c2"]


def test_chatgpt_is_recognised():
    assert ids(json.dumps([export()]).encode()) == [ID]


def test_each_file_of_an_export_has_its_own_format():
    data = zipped(
        {"conversations-1.json": json.dumps([export()]), "conversations-2.json": lines(CONVERSATION)}
    )
    assert ids(data) == [ID, "c1"]


def test_format_that_is_named():
    assert ids(lines(CONVERSATION), format="jsonl") == ["c1"]


def test_format_that_it_does_not_have():
    with pytest.raises(UnreadableFile, match="it is an export of aistore and not chatgpt"):
        read(lines(CONVERSATION), format="chatgpt")


@pytest.mark.parametrize("format", ["toml", "", "markdown"])
def test_format_that_there_is_not(format):
    with pytest.raises(UnknownFormat, match=r"The format asked for is '.*', which cannot be read here"):
        read(b"", format=format)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"uuid": "x", "chat_messages": []}, "an export of Claude"),
        ({"id": "x", "user_id": "y", "title": "", "chat": {}}, "an export of Open WebUI"),
        ({"conversationId": "x", "messages": []}, "an export of LibreChat"),
        ({"version": 4, "history": [], "folders": []}, "an export of chatbot-ui"),
        ({"$schemaVersion": "1.5", "current_turn": 1}, "an export of the OpenAI Agents SDK (a run state)"),
        ({"a": 1, "b": 2}, "JSON of a product that is not known (its keys are 'a', 'b')"),
        ({}, "JSON of a product that is not known (its keys are none)"),
        ({"\x1b" * 100: 1}, "JSON of a product that is not known (its keys are "),
    ],
)
def test_other_products_are_named(value, name):
    error = refused(json.dumps([value]).encode())
    assert error.startswith(f"the file is {name}")
    assert error.endswith("which cannot be read here. Formats: jsonl, chatgpt.")
    assert error.isprintable()


@pytest.mark.parametrize("text", ["[1, 2]", '["a"]', "[[]]", "[null]"])
def test_json_that_holds_no_objects(text):
    assert "where an object belongs" in refused(text.encode())


def test_empty_list_is_an_export_without_conversations():
    assert read(b"[]") == []


def test_first_entries_may_be_broken():
    data = json.dumps([{}, {"id": "x"}, CONVERSATION]).encode()
    bad = []
    assert ids(data, on_bad=bad.append) == ["c1"]
    assert len(bad) == 2


def test_without_on_bad_the_first_error_is_raised():
    with pytest.raises(BadConversation, match="number 1"):
        read(b'[{"x"}, ' + lines(CONVERSATION) + b"]")


def test_nothing_but_broken_entries():
    bad = []
    assert read(b'[{"x"}, {"y"}]', on_bad=bad.append) == []
    assert len(bad) == 2


def test_conversations_come_one_by_one():
    """The next is not read before it is asked for."""

    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            line = lines(CONVERSATION)
            buffer[: len(line)] = line
            return len(line)

    conversations = interop.read(io.BufferedReader(Endless()))
    assert [next(conversations).external_id for _ in range(3)] == ["c1"] * 3


def test_one_unreadable_file_of_several_is_told_and_passed_over(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"")
    (tmp_path / "b.jsonl").write_bytes(lines(CONVERSATION))
    (tmp_path / "c.jsonl").write_bytes(lines({"uuid": "", "chat_messages": []}))
    bad = []
    conversations = list(interop.read(tmp_path, on_bad=bad.append))
    assert [conversation.external_id for conversation in conversations] == ["c1"]
    assert ["a.jsonl" in str(bad[0]), "Claude" in str(bad[1])] == [True, True]


def test_the_only_file_is_refused_as_a_whole(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"")
    with pytest.raises(UnreadableFile):
        list(interop.read(tmp_path, on_bad=print))


@pytest.mark.skipif(not shared_data.is_there(), reason="../shared/data is not there")
@pytest.mark.parametrize("path", sorted(shared_data.FOLDER.glob("*ts/*")), ids=lambda path: path.name)
def test_every_file_of_other_products_is_read_or_named(path):
    """And a file of ours never is taken for one of theirs."""
    conversations = interop.read(path, on_bad=lambda error: None)
    if "chatgpt" in path.name:
        list(conversations)
    else:
        with pytest.raises(UnknownFormat, match=" is an export of "):
            list(conversations)
