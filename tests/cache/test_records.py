import pickle
from typing import Any

import msgspec
import pytest

from aistore.cache import maintenance
from aistore.cache.records import SCHEMA, ConversationRecord, MemoryRecord, MessageRecord, Record, _layout
from aistore.models import Conversation, Memory, Message
from aistore.models.cached import MESSAGES

from ..models.edge_texts import every_text


@pytest.mark.parametrize(
    ("record", "model"),
    [(ConversationRecord, Conversation), (MessageRecord, Message), (MemoryRecord, Memory)],
)
def test_a_record_has_every_column_of_its_row(record: type[Record], model: Any) -> None:
    columns = {field.attname for field in model._meta.concrete_fields}
    assert {name.removesuffix("_text") for name in record.__struct_fields__} == columns - {"text"}


def test_a_record_equals_its_row(conversation: Conversation) -> None:
    conversation.append("assistant", "", usage={"prompt_tokens": 3}, cost="0.25", metadata={"a": [1]},
                        tool_calls=[{"id": "x", "name": "f", "arguments": "{}"}])  # fmt: skip
    for record, row in zip(
        Message.objects.cached.last(conversation.pk), conversation.messages.all(), strict=True
    ):
        assert {f.attname: getattr(record, f.attname) for f in row._meta.concrete_fields} == {
            f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields
        }


def test_a_record_cannot_be_changed_or_saved(conversation: Conversation) -> None:
    record: Any = Conversation.objects.cached.get(conversation.pk)
    with pytest.raises(AttributeError):
        record.title = "other"
    assert not hasattr(record, "save")


def test_nobody_changes_what_others_share(conversation: Conversation) -> None:
    """A kept record is handed to many: what one does to its JSON stays with him."""
    conversation.append("assistant", "x", metadata={"a": [1]})
    Message.objects.cached.last(conversation.pk)[1].metadata["a"].append(2)
    assert Message.objects.cached.last(conversation.pk)[1].metadata == {"a": [1]}


@every_text
def test_every_text_comes_back_equal(conversation: Conversation, text: str) -> None:
    conversation.append("user", text, metadata={text: [text]}, name=text)
    for read in ("from the database", "kept", "fetched"):
        if read == "fetched":
            maintenance.forget_kept()
        record = Message.objects.cached.last(conversation.pk)[-1]
        assert (record.content, record.name, record.metadata) == (text, text, {text: [text]}), read


def test_the_layout_is_part_of_every_key(conversation: Conversation, valkey: Any) -> None:
    """A release with other columns reads none of the old bytes, because it looks elsewhere."""

    class Other(Record, frozen=True, array_like=True):
        id: int

    Conversation.objects.cached.get(conversation.pk)
    assert all(SCHEMA.encode() in key for key in valkey.keys("*:e:*"))
    assert _layout(Other) != SCHEMA


class Bomb:
    def __reduce__(self) -> Any:
        return pytest.fail, ("a pickle from the cache was run",)


@pytest.mark.parametrize(
    "poison", [pickle.dumps(Bomb()), b"", b"\xc1", msgspec.msgpack.encode([[1, 2]]), b"\x90" * 9999]
)
def test_a_poisoned_entry_runs_nothing_and_is_read_anew(
    conversation: Conversation, valkey: Any, poison: bytes
) -> None:
    before = Message.objects.cached.last(conversation.pk)
    [key] = valkey.keys("*:e:*:last:*")
    head = valkey.get(key)[:25]  # the length and the state
    valkey.set(key, head + poison)
    maintenance.forget_kept()
    assert Message.objects.cached.last(conversation.pk) == before


def test_one_codec_reads_only_its_own_kind() -> None:
    with pytest.raises(msgspec.ValidationError):
        MESSAGES.decode(msgspec.msgpack.encode([{"id": 1}]))
