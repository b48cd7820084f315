"""All of the real conversations beside the repository, where they are: in, compared text by text, and out again."""

import gzip
import io
import json

import pytest
from django.contrib.auth import get_user_model

from aistore import interop
from aistore.integrity import check_data
from aistore.models import Conversation, Message
from tests.interop import shared_data
from tests.interop.imports import exported

pytestmark = pytest.mark.skipif(not shared_data.is_there(), reason="../shared/data is not there")

FILE = shared_data.FOLDER / "conversations.jsonl.gz"
TIMES = {"created_at", "updated_at", "last_message_at"}


@pytest.fixture(scope="module")
def lines():
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture
def owner(db):
    owner = get_user_model().objects.create(username="an")
    report = interop.import_file(FILE, owner)
    assert (report.new, report.messages, report.errors, report.warnings) == (5_317, 60_429, (), ())
    return owner


def test_in_and_out_again(owner, lines):
    """Every text, role, call, part and key is in the database as in the file, and in the export, too; from there
    it comes in once more, and out as the same bytes. The same file again is nothing new."""
    assert_stored(lines)
    assert check_data().is_sound
    again = interop.import_file(FILE, owner)
    assert (again.unchanged, again.messages) == (5_317, 0)
    file = exported(owner)
    assert [without_times(json.loads(line)) for line in file.splitlines()] == [*map(without_times, lines)]
    other = get_user_model().objects.create(username="binh")
    interop.import_file(io.BytesIO(file), other)
    assert exported(other) == file


def assert_stored(lines):
    texts = {}
    rows = Message.objects.order_by("sequence_number").values_list(
        "conversation_id", "role", "content", "parts"
    )
    for conversation_id, *row in rows.iterator():
        texts.setdefault(conversation_id, []).append(tuple(row))
    ids = dict(Conversation.objects.values_list("external_id", "pk"))
    for line in lines:
        messages = [(row["role"], row["content"], row.get("parts", [])) for row in line["messages"]]
        assert texts[ids[line["id"]]] == messages


def without_times(line):
    """An export has them everywhere, the file nearly nowhere."""
    messages = [{key: row[key] for key in row if key not in TIMES} for row in line["messages"]]
    return {**{key: line[key] for key in line if key not in TIMES}, "messages": messages}


def test_chatgpt_export(db):
    """The same texts arrive by another way."""
    owner = get_user_model().objects.create(username="an")
    file = shared_data.FOLDER / "exports" / "chatgpt-conversations.json.gz"
    report = interop.import_file(file, owner)
    assert (report.new, report.skipped) == (408, 0)
    assert check_data().is_sound
    assert interop.import_file(file, owner).unchanged == 408


def test_edge_texts(db):
    """As titles, and as what is said."""
    owner = get_user_model().objects.create(username="an")
    edges = [json.loads(line) for line in (shared_data.FOLDER / "edge-texts.jsonl").read_text().splitlines()]
    made = [
        {**edge, "title": edge["text"], "messages": [{"role": "user", "content": edge["text"]}]}
        for edge in edges
    ]
    interop.import_file(io.BytesIO("\n".join(map(json.dumps, made)).encode()), owner)
    rows = Message.objects.select_related("conversation").order_by("conversation_id")
    assert [(row.content, row.conversation.title) for row in rows] == [(edge["text"],) * 2 for edge in edges]
