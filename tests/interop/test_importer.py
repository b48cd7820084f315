"""What is imported, what is not imported twice, and what of the owner's own is left alone."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aistore import interop
from aistore.integrity import check_data
from aistore.interop.canonical import CanonicalConversation, CanonicalMessage
from aistore.models import Conversation, Message
from tests.interop.files import lines, several
from tests.interop.imports import contents, conversation, exported, imported, message, messages, stored
from tests.models.invariants import assert_sound

ONE, TWO, THREE = (message(content=text, n=n) for n, text in enumerate(("one", "two", "three"), 1))


@pytest.fixture(autouse=True)
def everything_is_sound(db):
    """After every test: numbers, counters, heads, parents and open calls are what they must be."""
    yield
    assert check_data().is_sound


def counts(report):
    return report.new, report.extended, report.unchanged, report.skipped, report.messages


def test_new_conversation(owner):
    report = imported(owner, conversation(ONE, TWO))
    assert counts(report) == (1, 0, 0, 0, 2)
    assert contents(owner) == ["one", "two"]
    assert_sound(stored(owner))


def test_again_is_nothing(owner):
    """The same file twice: no row is new, none is changed."""
    imported(owner, *several(3))
    before = exported(owner)
    assert counts(imported(owner, *several(3))) == (0, 0, 3, 0, 0)
    assert exported(owner) == before


def test_of_two_owners(owner, other_owner):
    """The same file of two people is two conversations."""
    imported(owner, conversation(ONE))
    assert counts(imported(other_owner, conversation(ONE))) == (1, 0, 0, 0, 1)
    assert contents(owner) == contents(other_owner) == ["one"]


def test_of_two_sources(owner):
    """The same id from two products is two conversations."""
    imported(owner, conversation(ONE, source="a"))
    assert counts(imported(owner, conversation(ONE, source="b"))) == (1, 0, 0, 0, 1)


def test_what_is_new_is_added(owner):
    imported(owner, conversation(ONE))
    assert counts(imported(owner, conversation(ONE, TWO, THREE))) == (0, 1, 0, 0, 2)
    assert contents(owner) == ["one", "two", "three"]
    assert [row.content for row in stored(owner).messages.path()] == ["one", "two", "three"]
    assert_sound(stored(owner))


def test_what_is_missing_in_the_file_stays(owner):
    imported(owner, conversation(ONE, TWO))
    assert counts(imported(owner, conversation(ONE))) == (0, 0, 1, 0, 0)
    assert contents(owner) == ["one", "two"]


def test_edited_message_is_not_overwritten(owner):
    imported(owner, conversation(ONE))
    messages(owner)[0].edit("mine")
    imported(owner, conversation(ONE, TWO))
    assert contents(owner) == ["mine", "two"]


def test_renamed_conversation_keeps_its_name(owner):
    imported(owner, conversation(ONE, title="theirs"))
    Conversation.objects.update(title="mine")
    imported(owner, conversation(ONE, TWO, title="theirs again"))
    assert stored(owner).title == "mine"


def test_head_moves_on_when_it_was_imported(owner):
    imported(owner, conversation(ONE, TWO))
    imported(owner, conversation(ONE, TWO, THREE))
    assert stored(owner).head.content == "three"


def test_head_stays_where_the_owner_went_on(owner):
    """His branch stays the active one; what is new in the file stands beside it, numbered behind it."""
    imported(owner, conversation(ONE, TWO))
    stored(owner).append("user", "mine")
    imported(owner, conversation(ONE, TWO, THREE))
    assert stored(owner).head.content == "mine"
    assert contents(owner) == ["one", "two", "mine", "three"]
    assert messages(owner)[3].parent.content == "two"


def test_open_calls_follow_the_head(owner):
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asked = message("assistant", "", n=2, tool_calls=[call])
    imported(owner, conversation(ONE, asked))
    assert stored(owner).open_tool_calls == ["a"]
    imported(owner, conversation(ONE, asked, message("tool", "42", n=3, tool_call_id="a")))
    assert stored(owner).open_tool_calls == []


def test_open_calls_of_another_branch_do_not_count(owner):
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    branches = [
        {**ONE, "parent": None},
        message("assistant", "", n=2, parent=1, tool_calls=[call]),
        message("assistant", "no call", n=3, parent=1),
    ]
    imported(owner, conversation(*branches, active=3))
    assert stored(owner).open_tool_calls == []
    imported(owner, conversation(*branches, id="c2", active=2))
    assert stored(owner, "c2").open_tool_calls == ["a"]


def test_into_a_conversation_that_is_empty(owner):
    Conversation.objects.create(owner=owner, source="jsonl", external_id="c1")
    time = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    imported(owner, conversation(message(created_at=time.isoformat())))
    assert stored(owner).last_message_at == time
    assert stored(owner).head.content == "Hello"


def test_deleted_conversation_comes_back_as_a_new_one(owner):
    imported(owner, conversation(ONE))
    stored(owner).delete()
    assert counts(imported(owner, conversation(ONE))) == (1, 0, 0, 0, 1)


def test_conversation_twice_in_a_file(owner):
    """The second time it is already known."""
    report = imported(owner, conversation(ONE), conversation(ONE, TWO))
    assert counts(report) == (1, 1, 0, 0, 2)
    assert contents(owner) == ["one", "two"]


def test_one_of_our_own_is_known_by_its_id(owner):
    """What the owner wrote here, exported and imported again, is what is there."""
    mine = Conversation.objects.create(owner=owner, title="mine")
    mine.append("user", "one")
    file = io.BytesIO(exported(owner))
    assert counts(interop.import_file(file, owner)) == (0, 0, 1, 0, 0)


def test_one_of_our_own_goes_on_from_a_changed_export(owner):
    mine = Conversation.objects.create(owner=owner)
    first = mine.append("user", "one")
    added = conversation(message(content="one", id=str(first.pk)), TWO, id=str(mine.pk), source="")
    assert counts(imported(owner, added)) == (0, 1, 0, 0, 1)
    assert [row.content for row in mine.messages.order_by("sequence_number")] == ["one", "two"]


def test_id_of_another_owners_conversation_is_a_foreign_word(owner, other_owner):
    """A file that names it gives a new conversation, and changes nothing of his."""
    theirs = Conversation.objects.create(owner=other_owner, title="theirs")
    theirs.append("user", "secret")
    imported(owner, conversation(ONE, id=str(theirs.pk), source=""))
    assert contents(owner, str(theirs.pk)) == ["one"]
    assert [row.content for row in theirs.messages.all()] == ["secret"]


def test_row_that_goes_by_both_of_its_ids(owner):
    """In one file, under our id and under the one it was given: both are the same conversation."""
    mine = Conversation.objects.create(owner=owner)
    known = [conversation(ONE, id=str(mine.pk), source=source) for source in ("", "x")]
    assert counts(imported(owner, *known)) == (0, 1, 1, 0, 1)


def test_without_an_id_the_same_line_is_the_same_conversation(owner):
    line = {"messages": [message(content="one")]}
    assert counts(imported(owner, line, line)) == (1, 0, 1, 0, 1)


def test_dry_run_says_the_same_and_stores_nothing(owner):
    imported(owner, *several(2))
    wanted = [*several(3, title="x"), conversation(ONE, TWO, message(content=5), id="c9")]
    report = imported(owner, *wanted, dry_run=True)
    assert (report.is_dry_run, *counts(report)) == (True, 1, 0, 2, 1, 1)
    assert Conversation.objects.count() == 2
    assert counts(imported(owner, *wanted)) == counts(report)


def test_more_than_one_transaction(owner):
    """Batches are an inner matter: 100 conversations of 50 messages."""
    long = [message(content=f"{number}") for number in range(50)]
    report = imported(owner, *(conversation(*long, id=f"c{number}") for number in range(100)))
    assert counts(report) == (100, 0, 0, 0, 5_000)
    assert Message.objects.count() == 5_000


def test_conversation_without_messages(owner):
    imported(owner, {"id": "c1", "title": "nothing yet", "messages": []})
    assert (stored(owner).message_count, stored(owner).head) == (0, None)


def test_store_takes_conversations_from_anywhere(owner):
    made = CanonicalConversation(
        external_id="x", source="mine", messages=[CanonicalMessage(external_id="1", role="user")]
    )
    seen = []
    report = interop.store([made], owner, on_progress=seen.append)
    assert counts(report) == (1, 0, 0, 0, 1)
    assert seen[-1].new == 1


def test_time_without_a_zone_is_utc(owner):
    time = dt.datetime(2024, 5, 1, 10)
    utc = time.replace(tzinfo=dt.UTC)
    rows = [
        CanonicalMessage(external_id=str(number), role="user", created_at=given)
        for number, given in enumerate((time, utc))
    ]
    interop.store([CanonicalConversation(external_id="c1", source="x", messages=rows)], owner)
    assert [row.created_at for row in messages(owner)] == [utc, utc]


def test_file_that_breaks_off_keeps_what_came_before(owner):
    report = interop.import_file(io.BytesIO(b"[" + lines(conversation(ONE)).strip() + b', {"id"'), owner)
    assert (report.new, report.skipped, report.error_count) == (1, 0, 1)
    assert "breaks off" in report.errors[0]


def test_many_errors_are_counted_and_the_first_kept(owner):
    bad = [conversation(message(content=5), id=f"c{number}") for number in range(150)]
    report = imported(owner, *bad)
    assert (report.skipped, report.error_count, len(report.errors)) == (150, 150, 100)


def test_a_large_import_leaves_the_planner_informed(owner, monkeypatch):
    """Otherwise the first reads behind it are planned for empty tables."""
    monkeypatch.setattr("aistore.interop.importer._ANALYZED_FROM", 2)
    with CaptureQueriesContext(connection) as queries:
        imported(owner, conversation(ONE))
        imported(owner, conversation(ONE, TWO, THREE))
    assert [query["sql"] for query in queries if "ANALYZE" in query["sql"]] == [
        "ANALYZE aistore_conversation, aistore_message"
    ]
