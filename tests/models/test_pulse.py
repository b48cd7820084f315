"""Signs of life: who pauses is alive, who gives none is dead, and nobody holds up the others."""

import pytest
from django.db import connection, transaction

from aistore.models import Conversation, Message
from aistore.privacy import purge
from tests.project.actors import until

from .invariants import assert_sound
from .streams import last_sign_of_life, row

pytestmark = pytest.mark.usefixtures("committed", "quick_streams")

CUT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()"""


def test_a_pause_gives_signs_of_life(conversation):
    """No text comes, but the time goes on."""
    with conversation.stream() as reply:
        first = row(reply).beat_at
        assert until(lambda: row(reply).beat_at > first)


def test_text_does_not_wait_for_a_sign_of_life(conversation, settings):
    """The thread is woken by what is written."""
    settings.AISTORE = {"STREAM_FLUSH_SECONDS": 0.01, "STREAM_BEAT_SECONDS": 1000}
    with conversation.stream() as reply:
        for text in ("In ", "Hue"):
            reply.write(text)
            assert until(lambda: row(reply).content == reply.text)


def test_half_a_second_behind_at_most(conversation, settings):
    """What is written is due within 0.5 s of the last time, and then the thread is woken."""
    settings.AISTORE = {}
    with conversation.stream() as reply:
        assert 0.5 < reply.due_in() <= 5
        reply.write("In Hue")
        assert reply.due_in() <= 0.5


def test_a_dead_one_is_failed_by_the_purge(conversation, settings):
    """Where nobody appends any more."""
    settings.AISTORE = {}
    dead, _alive = [conversation.append("assistant", status="streaming") for _ in range(2)]
    last_sign_of_life(dead, seconds=16)
    assert (purge(dry_run=True).dead_streams, purge().dead_streams, purge().dead_streams) == (1, 1, 0)
    assert [row.status for row in conversation.messages.path()] == ["failed", "streaming"]


def test_a_dead_one_is_failed_by_the_next_append(conversation, settings):
    """With its text, and a word about why."""
    settings.AISTORE = {}
    dead = conversation.append("assistant", "In H", status="streaming")
    last_sign_of_life(dead, seconds=16)
    conversation.append("user", "Hello?")
    dead.refresh_from_db()
    assert (dead.status, dead.content, dead.finish_reason, dead.beat_at) == (
        "failed",
        "In H",
        "no sign of life",
        None,
    )
    assert_sound(conversation)


def test_one_that_pauses_is_left_alone(conversation, settings):
    settings.AISTORE = {}
    pausing = conversation.append("assistant", "In H", status="streaming")
    last_sign_of_life(pausing, seconds=14)
    conversation.append("user", "Hello?")
    pausing.refresh_from_db()
    assert pausing.status == "streaming"


def test_one_without_any_sign_of_life(conversation):
    """Written by a host of its own: its time of making counts."""
    conversation.append("assistant")
    Message.objects.update(status="streaming", beat_at=None, created_at="2020-01-01T00:00Z")
    conversation.append("user")
    assert conversation.messages.get(role="assistant").status == "failed"


def test_one_that_was_taken_for_dead(conversation):
    """A process that was only held up takes its row back, and ends it as it should."""
    with conversation.stream() as reply:
        last_sign_of_life(reply.message, seconds=60)
        Message.objects.update(status="failed", finish_reason="no sign of life", beat_at=None)
        reply.write("In Hue")
        assert until(lambda: row(reply).status == "streaming")
    assert (row(reply).status, row(reply).content, row(reply).finish_reason) == ("complete", "In Hue", "")


def test_one_that_somebody_else_ended(conversation):
    """Cancelled by another process, say: the thread does not revive it."""
    with conversation.stream() as reply:
        Message.objects.update(status="cancelled", content="stopped", beat_at=None)
        reply.write("In Hue")
        with conversation.stream() as other:
            other.write("x")
            assert until(lambda: row(other).content)
        assert (row(reply).status, row(reply).content) == ("cancelled", "stopped")


def test_a_locked_row_does_not_hold_up_the_others(conversation):
    """Somebody edits one stream's row in a long transaction; the others are written through."""
    with conversation.stream() as locked, conversation.stream() as free:
        with transaction.atomic():
            Message.objects.select_for_update().get(pk=locked.message.pk)
            locked.write("locked")
            free.write("free")
            assert until(lambda: row(free).content == "free")
        assert until(lambda: row(locked).content == "locked")


def test_a_locked_conversation_does_not_hold_up_the_others(owner, conversation):
    """A host's long transaction in one conversation; the streams of others are written through."""
    elsewhere = Conversation.objects.create(owner=owner)
    with conversation.stream() as locked, elsewhere.stream() as free:
        with transaction.atomic():
            Conversation.objects.select_for_update().get(pk=conversation.pk)
            locked.write("locked")
            free.write("free")
            assert until(lambda: row(free).content == "free")
        assert until(lambda: row(locked).content == "locked")


def test_a_broken_connection(conversation, caplog):
    """Both connections are cut by the server: the text arrives all the same."""
    with conversation.stream() as reply:
        reply.write("In ")
        assert until(lambda: row(reply).content)
        with connection.cursor() as cursor:
            cursor.execute(CUT_OTHERS)
        reply.write("Hue")
        assert until(lambda: row(reply).content == "In Hue")
    assert row(reply).status == "complete"
