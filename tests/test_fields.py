"""Text and JSON come back equal, or are refused before anything is written."""

import json
import math
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from aistore.exceptions import UnstorableValue
from aistore.fields import ESCAPE, UUID7Field, escape, readable, unescape, uuid7
from aistore.models import AuditEntry, Conversation, Memory, Message, Upload

LINES = (Path(__file__).parent / "data" / "edge-texts.jsonl").read_text(encoding="utf-8").splitlines()
EDGE_TEXTS = [json.loads(line) for line in LINES]
pytestmark = pytest.mark.django_db

every_edge_text = pytest.mark.parametrize(
    "text", [pytest.param(line["text"], id=line["id"]) for line in EDGE_TEXTS]
)
REFUSED_BY_POSTGRESQL = ["\x00", "a\x00b\x00", "\ud800", "\udc00\ud800", "cut \ud83d", "\ud83d\ude00 halves"]
OUR_OWN_MARK = [ESCAPE, f"{ESCAPE}0000", f"{ESCAPE}{ESCAPE}d800", f"{ESCAPE}\x00", "\\u0000", "\\\\u0000"]
every_hard_text = pytest.mark.parametrize("text", REFUSED_BY_POSTGRESQL + OUR_OWN_MARK, ids=ascii)


@pytest.fixture
def conversation():
    return Conversation.objects.create(owner=get_user_model().objects.create(username="ada"))


def stored(conversation, **columns):
    """The columns after a round trip through the database."""
    Conversation.objects.filter(pk=conversation.pk).update(**columns)
    row = Conversation.objects.get(pk=conversation.pk)
    return {name: getattr(row, name) for name in columns}


@every_edge_text
def test_edge_text(conversation, text):
    """Every edge text comes back equal from a text, from an array, and from a key and a value of JSON."""
    columns = {"title": text, "tags": [text, "x"], "metadata": {text: [text, {text: text}]}}
    assert stored(conversation, **columns) == columns


@every_hard_text
def test_hard_text(conversation, text):
    """What PostgreSQL or UTF-8 refuse, and what looks like our own escape of it, comes back equal too."""
    columns = {"title": text, "tags": [text, "x"], "metadata": {text: [text, {text: text}]}}
    assert stored(conversation, **columns) == columns


@every_hard_text
def test_hard_text_of_a_message(conversation, text):
    """The same in a message: as content, in parts, and through bulk_create and bulk_update."""
    message = Message(conversation=conversation, sequence_number=1, role="user", content=text)
    Message.objects.bulk_create([message])
    message.parts = [{"type": "text", "text": text}]
    Message.objects.bulk_update([message], ["parts"])
    row = Message.objects.get()
    assert (row.content, row.parts) == (text, [{"type": "text", "text": text}])


@every_hard_text
def test_hard_text_is_found(conversation, text):
    """A filter by such a text, by such a value and by such a tag finds the row."""
    stored(conversation, title=text, metadata={"key": text}, tags=[text])
    found = Conversation.objects.filter(title=text, metadata__key=text, tags__contains=[text])
    assert found.filter(metadata={"key": text}, metadata__contains={"key": text}).count() == 1


def test_ordinary_text_is_stored_as_it_is(conversation):
    """psql, search and other programs read it unchanged; only the two escaped characters look different."""
    stored(conversation, title="Huế 🌧\r\n\\u0000 ", metadata={"a": "Huế"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT title, metadata ->> 'a' FROM aistore_conversation")
        assert cursor.fetchone() == ("Huế 🌧\r\n\\u0000 ", "Huế")


def test_escape_is_one_to_one():
    """No two texts are stored alike: the escaped form holds nothing that is refused, and leads back."""
    texts = [*REFUSED_BY_POSTGRESQL, *OUR_OWN_MARK, *[line["text"] for line in EDGE_TEXTS]]
    kept = [escape(text) for text in texts]
    assert [unescape(text) for text in kept] == texts
    assert len(set(kept)) == len(set(texts))
    assert not any("\x00" in text for text in kept)
    assert "".join(kept).encode()


def test_ten_megabytes(conversation):
    """Length is no reason to cut: 10 MB of text come back whole."""
    text = ("Huế" * 1000 + "\x00") * 2000
    assert stored(conversation, title=text, metadata={"text": text}) == {
        "title": text,
        "metadata": {"text": text},
    }


INTEGERS = [0, -1, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**400, -(10**4000)]
FLOATS = [0.1, 1 / 3, -2.5e-7, 5e-324, 9007199254740991.0, 1e16, 1e22, 1e23, -1e23, 1.7976931348623157e308]


@pytest.mark.parametrize(
    "number",
    [*INTEGERS, *FLOATS],
)
def test_number(conversation, number):
    """A number comes back equal: an int of any length exactly, a float to the last bit."""
    (back,) = stored(conversation, metadata={"number": number})["metadata"].values()
    assert back == number


@pytest.mark.parametrize("value", [{}, [], (), {"a": None}, {"a": True}, {"": {}}, {"a": [[], {}]}])
def test_json_shapes(conversation, value):
    """Empty, nested and null values keep their type; a tuple comes back as a list."""
    message = Message.objects.create(
        conversation=conversation, sequence_number=1, role="user", parts=[value], metadata={"value": value}
    )
    message.refresh_from_db()
    assert (message.parts, message.metadata["value"]) == (json.loads(json.dumps([value])), message.parts[0])


def nested(depth):
    value = "core"
    for _ in range(depth):
        value = [value]
    return value


def cycle():
    value: dict = {}
    value["self"] = [value]
    return value


REFUSED = {
    "NaN": ({"n": math.nan}, "not JSON compliant"),
    "infinity": ({"n": [-math.inf]}, "not JSON compliant"),
    "5,000 digits": ({"n": 10**5000}, "4300 digits"),
    "int key": ({"a": [{1: "one"}]}, "the key 1 is not a string"),
    "None key": ({None: 1}, "the key None is not a string"),
    "bool key": ({False: 1}, "the key False is not a string"),
    "bytes key": ({b"a": 1}, "keys must be"),
    "bytes": ({"a": b"x"}, "bytes"),
    "set": ({"a": {1}}, "set"),
    "cycle": (cycle(), "Circular reference"),
    "too deep": ({"a": nested(200)}, "more than 200 levels"),
    "100,000 levels": ({"a": nested(100_000)}, "more than 200 levels"),
}


@pytest.mark.parametrize(("value", "why"), REFUSED.values(), ids=REFUSED)
def test_refused_value(conversation, value, why):
    """What cannot come back equal is refused with the column, the reason and a remedy; nothing is written."""
    message = Message(conversation=conversation, sequence_number=1, role="user", metadata=value)
    with pytest.raises(UnstorableValue, match=why) as refusal, transaction.atomic():
        message.save()
    assert str(refusal.value).startswith("Message.metadata cannot be stored: ")
    assert refusal.value.remedy in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not Message.objects.exists()


def test_refused_batch(conversation):
    """One value that is refused keeps the whole batch out."""
    columns = {"conversation": conversation, "role": "user"}
    rows = [
        Message(**columns, sequence_number=1, metadata={"n": 1}),
        Message(**columns, sequence_number=2, metadata={"n": math.nan}),
    ]
    with pytest.raises(UnstorableValue), transaction.atomic():
        Message.objects.bulk_create(rows)
    assert not Message.objects.exists()


def test_refused_value_is_a_value_error(conversation):
    """Code that knows nothing of aistore catches it as what it is."""
    with pytest.raises(ValueError, match="cannot be stored"):
        stored(conversation, metadata={"n": math.nan})


def test_depth_is_a_setting(conversation):
    """JSON_MAX_DEPTH moves the limit, both ways; a value exactly as deep as allowed is kept."""
    value = {"a": nested(199)}
    assert stored(conversation, metadata=value)["metadata"] == value
    with override_settings(AISTORE={"JSON_MAX_DEPTH": 900}):
        deeper = {"a": nested(899)}
        assert stored(conversation, metadata=deeper)["metadata"] == deeper
    limit = override_settings(AISTORE={"JSON_MAX_DEPTH": 3})
    with limit, pytest.raises(UnstorableValue, match="more than 3 levels"):
        stored(conversation, metadata={"a": nested(3)})


def test_json_in_a_query(conversation):
    """Keys, values() and expressions give the same values as the attribute."""
    stored(conversation, metadata={"a": {"b": "x\x00"}, "n": 10**30})
    rows = Conversation.objects.values_list("metadata__a__b", "metadata__a", "metadata__n", "metadata")
    assert rows.get() == ("x\x00", {"b": "x\x00"}, 10**30, {"a": {"b": "x\x00"}, "n": 10**30})


def test_none_is_null(conversation):
    """None is SQL's NULL, which the column refuses; it is never the text "None" or JSON's null."""
    with pytest.raises(IntegrityError, match="null value in column"):
        stored(conversation, metadata=None)


def test_uuid7_sorts_by_time():
    """Ids made one after the other sort in that order, so the primary key is also a time line."""
    made = [uuid7() for _ in range(1000)]
    assert made == sorted(made)
    assert {(one.version, type(one).__name__) for one in made} == {(7, "UUID")}


def test_uuid7_leaves_no_trace_of_the_python_in_migrations():
    """Its migration is the same on a Python with and without uuid.uuid7."""
    assert UUID7Field().deconstruct()[1:] == ("aistore.fields.UUID7Field", [], {})


@every_edge_text
def test_readable_can_be_sent(text):
    """For people every text becomes one that UTF-8 and a terminal can carry; what they could is left alone."""
    shown = readable(text)
    shown.encode()
    assert len(shown) == len(text)
    assert not set(shown) & {chr(code) for code in [*range(9), 11, 12, *range(14, 32), 127]}
    assert {new for old, new in zip(text, shown, strict=True) if old != new} <= {
        *map(chr, range(0x2400, 0x2422)),
        "\ufffd",
    }


def test_readable_shows_what_was_there():
    """Control characters as their pictures, halves of a pair as the replacement character, lines as lines."""
    assert readable("a\x00\x1b\x7f\ud83d\n\tb") == "a␀␛␡\ufffd\n\tb"


@every_hard_text
def test_names_can_be_shown(text):
    """str() of a row goes into pages and logs."""
    for row in (Conversation(title=text), Memory(content=text), Upload(name=text), AuditEntry(action=text)):
        str(row).encode()
        assert "\x00" not in str(row)
