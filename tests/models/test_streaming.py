"""Streams: a row from the first moment on, and its text in time."""

# ruff: noqa: PT012
# The block of a stream is what an exception leaves.

import pytest
from django.db import transaction

from aistore.exceptions import ConflictingAppend, InvalidMessage
from aistore.models import Conversation
from tests.project.actors import until

from .edge_texts import TEXTS
from .invariants import assert_sound, contents
from .streams import CALL, row

pytestmark = pytest.mark.usefixtures("committed", "quick_streams")


def test_the_row_is_there_at_once(conversation):
    """Numbered, the head, and streaming."""
    question = conversation.append("user", "Where?")
    with conversation.stream("assistant", model="gpt-5") as reply:
        stored = row(reply)
        assert (stored.status, stored.sequence_number, stored.parent, stored.model) == (
            "streaming",
            2,
            question,
            "gpt-5",
        )
        assert Conversation.objects.get().head == stored
    assert_sound(conversation)


def test_text_is_written_through(conversation):
    """While the stream goes on, and whatever is written later."""
    with conversation.stream() as reply:
        for text in ("In ", "Hue", "."):
            reply.write(text)
            assert until(lambda: row(reply).content == reply.text)
        assert row(reply).status == "streaming"


def test_start_and_end_are_all_that_waits(conversation, django_assert_num_queries):
    """write() does no query."""
    with conversation.stream() as reply:
        with django_assert_num_queries(0):
            for _ in range(1000):
                reply.write("x")
        with django_assert_num_queries(4):  # BEGIN, the lock of the conversation, UPDATE, COMMIT
            reply.finish()


def test_exact_text(conversation):
    """Every edge text, cut in the middle too: between the halves of a pair, within a cluster."""
    for text in TEXTS.values():
        with conversation.stream("assistant", text) as reply:
            for character in text:
                reply.write(character)
        assert row(reply).content == text + text


def test_halves_of_a_pair(conversation):
    """A provider's chunk ends within a character: the halves come back as they came."""
    with conversation.stream() as reply:
        reply.write("\ud83d")
        assert until(lambda: row(reply).content == "\ud83d")
        reply.write("\ude00")
    assert row(reply).content == "\ud83d\ude00"


def test_nothing_new(conversation):
    """Providers send None and empty strings between the texts."""
    with conversation.stream() as reply:
        for text in (None, "In", "", None, " Hue"):
            reply.write(text)
    assert row(reply).content == "In Hue"


@pytest.mark.parametrize("text", [5, b"In Hue", ["In", "Hue"], {"text": "In"}])
def test_no_text(conversation, text):
    """Refused at once; the text so far stays."""
    with pytest.raises(InvalidMessage), conversation.stream() as reply:
        reply.write("In ")
        reply.write(text)
    assert (row(reply).status, row(reply).content) == ("failed", "In ")


def test_a_stream_closes_open_calls(conversation):
    conversation.append("assistant", tool_calls=[CALL])
    with conversation.stream() as reply:
        reply.write("Never mind")
    assert contents(conversation) == ["", "interrupted", "Never mind"]


def test_at_a_parent(conversation):
    question = conversation.append("user", "?")
    first = conversation.append("assistant", "one")
    with conversation.stream(parent=question) as reply:
        reply.write("two")
    assert list(first.siblings()) == [first, reply.message]


def test_two_streams_at_once(conversation):
    """Both end complete, with their own numbers."""
    with conversation.stream() as one, conversation.stream() as two:
        for word in ("a", "b", "c"):
            one.write(word)
            two.write(word.upper())
    assert [(row(each).sequence_number, row(each).content) for each in (one, two)] == [(1, "abc"), (2, "ABC")]
    assert_sound(conversation)


def test_appends_go_on_beside_it(conversation):
    """A stream holds no lock."""
    with conversation.stream() as reply:
        assert conversation.append("user", "And?").sequence_number == 2
        reply.write("In Hue")
    assert contents(conversation) == ["In Hue", "And?"]


def test_the_same_key_twice(conversation):
    """Two writers of one row would overwrite each other: the second is refused, while the first goes on."""
    with conversation.stream(external_id="a") as reply:
        with pytest.raises(ConflictingAppend), conversation.stream(external_id="a"):
            pass
        reply.write("In Hue")
    with pytest.raises(ConflictingAppend), conversation.stream(external_id="a"):
        pass
    assert row(reply).content == "In Hue"


def test_in_the_hosts_transaction(conversation):
    """write() itself writes: nobody else can see the row."""
    with transaction.atomic(), conversation.stream() as reply:
        reply.write("In Hue")
        assert until(lambda: reply.write("") or row(reply).content == "In Hue")
        assert row(reply).status == "streaming"
        reply.write(".")
    assert row(reply).content == "In Hue."


def test_in_a_transaction_that_is_rolled_back(conversation):
    """Nothing is left of it."""
    with transaction.atomic():
        with conversation.stream() as reply:
            reply.write("In Hue")
        transaction.set_rollback(True)
    assert_sound(conversation)
    assert conversation.message_count == 0
