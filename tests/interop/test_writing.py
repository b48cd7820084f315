"""Files that appear whole or not at all, and do not need more memory or queries for more conversations."""

import gzip
import io
import json

import pytest
from django.test.utils import CaptureQueriesContext

from aistore import interop
from aistore.exceptions import UnknownFormat
from aistore.models import Conversation
from tests.interop.files import several
from tests.interop.imports import exported, imported


def written_ids(data):
    return [json.loads(line)["id"] for line in data.splitlines()]


def test_all_in_the_order_of_making(owner):
    imported(owner, *several(5))
    assert written_ids(exported(owner)) == ["c1", "c2", "c3", "c4", "c5"]


def test_order_and_limit_of_the_queryset(owner):
    imported(owner, *several(5))
    file = io.BytesIO()
    assert interop.write(Conversation.objects.order_by("-external_id")[:2], file) == 2
    assert written_ids(file.getvalue()) == ["c5", "c4"]


def test_only_those_of_the_queryset(owner, other_owner):
    imported(owner, *several(2))
    imported(other_owner, *several(1))
    assert len(written_ids(exported(other_owner))) == 1


def test_file(owner, tmp_path):
    imported(owner, *several(2))
    interop.write(Conversation.objects.all(), tmp_path / "x.jsonl")
    assert (tmp_path / "x.jsonl").read_bytes() == exported(owner)
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


def test_compressed_file_is_the_same_for_the_same_rows(owner, tmp_path):
    imported(owner, *several(2))
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        interop.write(Conversation.objects.all(), str(tmp_path / name))
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == exported(owner)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_failure_leaves_the_old_file(owner, tmp_path, monkeypatch):
    imported(owner, *several(2))
    (tmp_path / "x.jsonl").write_bytes(b"old")
    Conversation.objects.filter(external_id="c2").update(title="\ud800")
    monkeypatch.setattr("aistore.interop.jsonl_writing.json.dumps", None)
    with pytest.raises(TypeError):
        interop.write(Conversation.objects.all(), tmp_path / "x.jsonl")
    assert (tmp_path / "x.jsonl").read_bytes() == b"old"


@pytest.mark.parametrize("format", ["chatgpt", "toml"])
def test_format_that_cannot_be_written(owner, format):
    with pytest.raises(UnknownFormat, match="cannot be written"):
        interop.write(Conversation.objects.all(), io.BytesIO(), format)


def test_queries_do_not_grow_with_conversations(owner, django_assert_num_queries):
    """The ids, then conversations, messages and revisions of some thousand messages."""
    imported(owner, *several(50))
    with django_assert_num_queries(4):
        exported(owner)


def test_large_exports_go_chunk_by_chunk(owner, connection):
    long = {"role": "user", "content": ""}
    imported(owner, *({"id": f"c{number}", "messages": [long] * 1_500} for number in range(4)))
    with CaptureQueriesContext(connection) as queries:
        exported(owner)
    assert len(queries) == 1 + 2 * 3


def test_conversation_deleted_meanwhile_is_left_out(owner):
    imported(owner, *({"id": f"c{number}", "messages": [{"role": "user"}] * 2_000} for number in range(3)))
    file = Deleting(lambda: Conversation.objects.filter(external_id="c2").delete())
    assert interop.write(Conversation.objects.all(), file) == 2
    assert written_ids(file.getvalue()) == ["c0", "c1"]


class Deleting(io.BytesIO):
    """Something happens when the first line is written."""

    def __init__(self, happens):
        super().__init__()
        self.happens = happens

    def write(self, data):
        self.happens()
        return super().write(data)


@pytest.mark.parametrize("format", ["jsonl", "markdown"])
def test_in_chunks(owner, format):
    """One for each conversation; together the same bytes as the file."""
    imported(owner, *several(3))
    file = io.BytesIO()
    interop.write(Conversation.objects.all(), file, format)
    chunks = list(interop.chunks(Conversation.objects.all(), format))
    assert len(chunks) == 3
    assert b"".join(chunks) == file.getvalue()
