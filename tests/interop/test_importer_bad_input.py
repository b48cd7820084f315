"""One bad conversation: one clear line, nothing of it stored, the others arrive."""

import datetime as dt
import io
import json

import pytest
from django.db import connection
from django.utils import timezone

from aistore import interop
from aistore.exceptions import UnknownFormat
from aistore.integrity import check_data
from aistore.models import Conversation, Message
from tests.interop.files import lines
from tests.interop.imports import contents, conversation, imported, message, messages, stored

CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
BEFORE, AFTER = conversation(id="before"), conversation(id="after")

BAD = {
    "cycle": (
        conversation(message(n=1, parent=3), message(n=2, parent=1), message(n=3, parent=2)),
        "its messages answer each other in a circle, message '3' among them",
    ),
    "its own parent": (
        conversation(message(n=1, parent=1)),
        "its messages answer each other in a circle, message '1' among them",
    ),
    "one id twice": (
        conversation(message(id="a"), message(id="a", content="Other")),
        "two different messages have the id 'a'",
    ),
    "one number twice": (
        conversation(message(n=1, id="a"), message(n=1, id="b")),
        "two different messages have n 1",
    ),
    "long id": (
        conversation(message(), id="x" * 10_000),
        "external_id is not as it must be: expected str of length <= 255",
    ),
    "long id of a message": (
        conversation(message(id="x" * 10_000)),
        "messages[0].external_id is not as it must be: expected str of length <= 255",
    ),
    "long id as it is stored": (
        conversation(message(id="\0" * 255)),
        "is longer than 255 characters",
    ),
    "number as text": (
        conversation(message(), message(content=5)),
        "messages[1].content is not as it must be: expected str | array | null, got int",
    ),
    "number as title": (conversation(title=5), "title is not as it must be: expected str | null, got int"),
    "text as number": (
        conversation(message(input_tokens="5")),
        "messages[0].input_tokens is not as it must be: expected int | null, got str",
    ),
    "negative tokens": (
        conversation(message(input_tokens=-1)),
        "messages[0].input_tokens is not as it must be: expected int >= 0",
    ),
    "object as messages": (
        {"id": "c1", "messages": {}, "role": 1},
        "messages is not as it must be: expected array, got object",
    ),
    "text as message": (
        {"id": "c1", "messages": [message(), message(), message(), "text"]},
        "messages[3] is not as it must be: expected object, got str",
    ),
    "no role": (
        {"id": "c1", "messages": [message(), message(), message(), {"content": "x"}]},
        "messages[3] is not as it must be: object missing required field role",
    ),
    "unknown status": (conversation(message(status="lost")), "message '1' has the status 'lost'"),
    "rating": (conversation(message(rating=5)), "message '1' has the rating 5; it is -1 or 1"),
    "cost": (
        conversation(message(cost="-1")),
        "message '1' has the cost \"Decimal('-1')\"; it is a number from 0 to 10^10",
    ),
    "time": (conversation(message(created_at="yesterday")), "'yesterday' is no ISO 8601 time"),
    "time beyond the years": (
        conversation(message(created_at="0001-01-01T00:00:00+14:00")),
        "the time 0001-01-01 00:00:00+14:00 is beyond the years 1 to 9999",
    ),
    "minutes beyond the years": (
        conversation(message(minutes=1e300), created_at="2024-01-01"),
        "1e+300 minutes after 2024-01-01 00:00:00+00:00 is no time",
    ),
    "tool call without strings": (
        conversation(message("assistant", tool_calls=[{"id": 5, "name": "f", "arguments": "{}"}])),
        "message '1' has a tool call without id, name or arguments as strings",
    ),
    "two contents": (
        conversation(message(content=[{"type": "text", "text": "x"}], parts=[{"type": "text"}])),
        "a message has a list as content and parts besides",
    ),
    "not a number": (
        conversation(message(metadata={"x": float("nan")})),
        "metadata of message '1' cannot be stored: Out of range float values are not JSON compliant",
    ),
    "deep metadata": (
        conversation(message(metadata={"x": json.loads("[" * 300 + "]" * 300)})),
        "metadata of message '1' cannot be stored: it is nested more than 200 levels deep",
    ),
    "number beyond PostgreSQL": (
        conversation(message(metadata={"x": 10**4000})),
        None,  # it fits
    ),
}


def bad(name):
    return pytest.param(*BAD[name], id=name)


@pytest.mark.parametrize(("wrong", "why"), [bad(name) for name in BAD if BAD[name][1]])
def test_is_skipped_with_one_line(owner, wrong, why):
    report = imported(owner, BEFORE, wrong, AFTER)
    assert (report.new, report.skipped, report.error_count) == (2, 1, 1)
    (line,) = report.errors
    assert line.startswith("Conversation ")
    assert why in line
    assert "\n" not in line
    assert len(line) < 400
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {"before", "after"}
    assert Message.objects.count() == 2


def test_hundred_thousand_levels(owner):
    deep = b'{"id": "c1", "messages": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    file = b"[" + b",".join([json.dumps(BEFORE).encode(), deep, json.dumps(AFTER).encode()]) + b"]"
    report = interop.import_file(io.BytesIO(file), owner)
    assert (report.new, report.skipped) == (2, 1)
    assert "nested too deep" in report.errors[0]


def test_message_larger_than_allowed(owner, settings):
    settings.AISTORE = {"IMPORT_MAX_MESSAGE_BYTES": 100_000}
    report = imported(owner, conversation(message(content="é" * 50_000)), AFTER)
    assert "message '1' cannot be stored: it is larger than 100,000 bytes" in report.errors[0]
    assert report.new == 1


def test_message_of_ten_megabytes(owner):
    imported(owner, conversation(message(content="0123456789" * 1_000_000)))
    assert contents(owner) == ["0123456789" * 1_000_000]


def test_what_only_the_database_refuses(owner):
    """Its neighbours of the same batch arrive."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aistore_message ADD CONSTRAINT polite CHECK (content <> 'rude')")
    report = imported(owner, BEFORE, conversation(message(content="rude")), AFTER)
    assert (report.new, report.skipped) == (2, 1)
    assert report.errors[0].startswith("Conversation 'c1' was skipped: the database refuses it (new row for")
    assert check_data().is_sound


def test_bad_continuation_leaves_what_is_there(owner):
    imported(owner, conversation())
    report = imported(owner, conversation(message(), message(content="new", metadata={"x": float("inf")})))
    assert (report.extended, report.skipped) == (0, 1)
    assert contents(owner) == ["Hello"]


def test_two_roots_are_two_branches(owner):
    imported(owner, conversation(message(n=1, parent=None), message(n=2, parent=None), active=1))
    assert [row.parent for row in messages(owner)] == [None, None]
    assert stored(owner).head.sequence_number == 1


def test_missing_parent_makes_a_root_and_a_warning(owner):
    report = imported(owner, conversation(message(n=1, parent=None), message(n=2, parent=7)))
    assert report.warnings == (
        "Conversation 'c1': message '2' answers '7', which is not there; it was kept as a first message.",
    )
    assert messages(owner)[1].parent is None
    assert messages(owner)[1].metadata == {"import": {"parent": "7"}}


def test_missing_head_is_the_last_message_and_a_warning(owner):
    report = imported(owner, conversation(message(n=1, parent=None), message(n=2, parent=1), active=9))
    assert stored(owner).head.sequence_number == 2
    assert "its active message '9' is not there" in report.warnings[0]


def test_children_before_their_parents(owner):
    """Numbers follow the answers; among equals, the file."""
    tree = [("d", "b"), ("b", "a"), ("c", "a"), ("a", None)]
    imported(owner, conversation(*(message(content=id, id=id, parent=parent) for id, parent in tree)))
    assert contents(owner) == ["a", "b", "d", "c"]
    assert stored(owner).head.content == "c"


def test_very_long_chain(owner):
    """20,000 messages in the wrong order cost no recursion."""
    chain = [message(id=f"{n}", parent=f"{n - 1}" if n else None) for n in range(20_000)]
    imported(owner, conversation(*reversed(chain)))
    assert stored(owner).message_count == 20_000
    assert check_data().is_sound


def test_same_message_twice_is_one(owner):
    twice = message(id="a", parent=None)
    imported(owner, conversation(twice, twice, message(id="b", parent="a")))
    assert [row.external_id for row in messages(owner)] == ["a", "b"]


@pytest.mark.parametrize(
    ("word", "role", "is_hidden"),
    [
        ("human", "user", False),
        ("AI", "assistant", False),
        ("model", "assistant", False),
        ("bot", "assistant", False),
        ("function", "tool", False),
        ("critic", "assistant", True),
        ("", "assistant", True),
    ],
)
def test_role_of_another_product(owner, word, role, is_hidden):
    """The nearest of ours, and the word is kept; what is not known at all is not shown."""
    imported(owner, conversation(message(word)))
    (row,) = messages(owner)
    assert (row.role, row.is_hidden, row.metadata) == (role, is_hidden, {"role": word})


def test_role_in_order_is_not_noted(owner):
    imported(owner, conversation(message("developer")))
    assert messages(owner)[0].metadata == {}


def test_missing_times_are_those_above(owner):
    """Of the message answered, else of the conversation."""
    imported(
        owner,
        conversation(
            message(n=1, parent=None),
            message(n=2, parent=1, created_at="2024-05-01T10:00:00Z"),
            message(n=3, parent=2),
            message(n=4, parent=1),
            created_at="2024-04-01T10:00:00Z",
        ),
    )
    assert [row.created_at.month for row in messages(owner)] == [4, 5, 5, 4]


def test_no_times_at_all_are_now(owner):
    imported(owner, conversation())
    row = stored(owner)
    assert row.created_at == row.last_message_at
    assert abs(timezone.now() - row.created_at) < dt.timedelta(minutes=10)


def test_stream_of_another_time_is_seen_to_be_dead(owner):
    """It has a sign of life of that time, so that whoever looks after dead streams ends it."""
    imported(owner, conversation(message("assistant", "half", status="streaming")))
    assert messages(owner)[0].beat_at is not None


def test_terminal_codes_do_not_reach_a_terminal(owner):
    report = imported(owner, conversation(message(content=5), title="\x1b[2J\u202e"))
    assert report.errors[0].isprintable()


def test_unknown_file_stores_nothing(owner):
    with pytest.raises(UnknownFormat) as caught:
        interop.import_file(io.BytesIO(lines({"uuid": "x", "chat_messages": []})), owner)
    assert str(caught.value).startswith("the file is an export of Claude, which cannot be read here.")
