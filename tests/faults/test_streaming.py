"""Streams whose process is killed, held up or forked, and whose server goes away."""

import os
import signal

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connections

from aistore.models import Conversation, Message
from tests.models.invariants import assert_sound
from tests.project.actors import until

from .processes import crash, start, tell


@pytest.fixture
def conversation(there):
    owner = get_user_model().objects.using(there).create(username="streamer")
    yield Conversation.objects.using(there).create(owner=owner)
    owner.delete()


@pytest.fixture
def stream(folder, conversation):
    """A process that streams, with its row as it is in the database."""
    with Streamer(folder, conversation) as streamer:
        yield streamer
        streamer.process.kill()


class Streamer:
    def __init__(self, folder, conversation):
        self.using = conversation._state.db
        self.process = start("streamer", conversation.pk, folder=folder)
        self.pk = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    @property
    def row(self):
        return Message.objects.using(self.using).get(pk=self.pk)

    def stands(self, text):
        """Sooner or later, in the database."""
        return until(lambda: self.row.content == text)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def without_a_sign_for(self, seconds):
        sql = (
            "UPDATE aistore_message SET beat_at = clock_timestamp() - make_interval(secs => %s) WHERE id = %s"
        )
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, [seconds, self.pk])


def test_killed(stream, conversation):
    """What was written through stands; after the dead time the next append calls it failed."""
    tell(stream.process, "one", "two")
    assert stream.stands("one\ntwo\n")
    stream.signal(signal.SIGKILL)
    stream.process.wait()
    conversation.append("user", "Hello?")
    assert stream.row.status == "streaming"
    stream.without_a_sign_for(16)
    conversation.append("user", "Hello?")
    assert (stream.row.status, stream.row.content, stream.row.beat_at) == ("failed", "one\ntwo\n", None)
    assert_sound(conversation)


def test_pausing(stream, conversation):
    """It says nothing, but that it lives."""
    stream.without_a_sign_for(16)
    assert until(lambda: stream.row.beat_at > conversation.created_at)
    conversation.append("user", "Hello?")
    assert stream.row.status == "streaming"


def test_held_up(stream, conversation):
    """Stopped for so long that it was called failed, it goes on, and ends complete."""
    tell(stream.process, "one")
    assert stream.stands("one\n")
    stream.signal(signal.SIGSTOP)
    stream.without_a_sign_for(16)
    conversation.append("user", "Hello?")
    assert stream.row.status == "failed"
    stream.signal(signal.SIGCONT)
    tell(stream.process, "two", "")
    assert stream.process.stdout.readline() == "complete\n"
    assert (stream.row.status, stream.row.content, stream.row.finish_reason) == ("complete", "one\ntwo\n", "")
    assert_sound(conversation)


def test_forked(stream, conversation):
    """A child that streams for itself does not stand in for its parent's signs of life."""
    tell(stream.process, "one", "fork")
    pid, own = stream.process.stdout.readline().split()
    stream.signal(signal.SIGKILL)
    stream.process.wait()
    stream.without_a_sign_for(16)
    last = stream.row.beat_at
    beats = {row.beat_at for row in until_it_beats(conversation.messages.filter(pk=own))}
    os.kill(int(pid), signal.SIGKILL)
    assert (len(beats), stream.row.beat_at) == (3, last)


def until_it_beats(rows):
    """The row at three moments, with a sign of life between them."""
    for _ in range(3):
        row = rows.get()
        yield row
        assert until(lambda: rows.get().beat_at > row.beat_at)  # noqa: B023


def test_the_server_is_killed(folder, stream, conversation, there):
    """And comes again: the stream goes on, and ends as if nothing had been."""
    tell(stream.process, "one")
    assert stream.stands("one\n")
    crash(folder)
    connections[there].close()
    tell(stream.process, "two")
    assert until(lambda: is_there(there))
    assert stream.stands("one\ntwo\n")
    tell(stream.process, "three", "")
    assert stream.process.stdout.readline() == "complete\n"
    assert (stream.row.content, stream.row.status) == ("one\ntwo\nthree\n", "complete")
    assert_sound(conversation)


def is_there(name):
    """Started again by the process that needs it."""
    try:
        connections[name].ensure_connection()
    except OperationalError:
        return False
    return True
