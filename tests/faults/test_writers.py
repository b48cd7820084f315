"""What must hold whatever is killed: nothing acknowledged is lost, nothing is there twice, no number is missing."""

import os
import random
import signal

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from aistore.models import Conversation, Message
from tests.models.invariants import assert_sound
from tests.project.actors import until

from .processes import crash, start
from .writers import CALLS, WRITERS


@pytest.fixture
def conversation(there):
    owner = get_user_model().objects.using(there).create(username="writers")
    return Conversation.objects.using(there).create(owner=owner)


@pytest.fixture
def running():
    """Ends with the test, whatever becomes of it."""
    processes = []
    yield lambda process: processes.append(process) or process
    for process in processes:
        process.kill()
        process.communicate()


def acknowledged(notes):
    """(id, key) of each message whose call has returned; the last line may be cut off by a kill."""
    lines = [line for note in notes.iterdir() for line in note.read_text().split("\n")[:-1]]
    return {tuple(line.split(" ")) for line in lines if line != "done"}


def test_killed_writers_and_a_killed_server(folder, there, conversation, tmp_path, running):
    """Sixteen processes, of which four are killed; one call in ten is rolled back; PostgreSQL is killed once."""
    chance = random.Random()
    process = running(start("writers", conversation.pk, tmp_path, folder=folder))
    writers = [int(pid) for pid in process.stdout.readline().split()]
    victims, total = chance.sample(range(WRITERS), 4), WRITERS * CALLS
    for victim, moment in zip(victims, sorted(chance.sample(range(total // 2), 4)), strict=True):
        assert until(lambda: len(acknowledged(tmp_path)) >= moment)  # noqa: B023
        os.kill(writers[victim], signal.SIGKILL)
    assert until(lambda: len(acknowledged(tmp_path)) >= total // 2)
    crash(folder)
    process.wait(60)
    connections[there].close()  # it broke with the server
    done = [number for number in range(WRITERS) if (tmp_path / f"{number}").read_text().endswith("done\n")]
    assert set(range(WRITERS)) - set(victims) <= set(done)
    assert_all_is_there(conversation, acknowledged(tmp_path))


def assert_all_is_there(conversation, acknowledged):
    assert_sound(conversation)
    messages = Message.objects.using(conversation._state.db).filter(conversation=conversation)
    stored = {(str(pk), key) for pk, key in messages.values_list("pk", "external_id")}
    assert acknowledged <= stored
    assert len({key for _, key in stored}) == len(stored)
    assert not messages.filter(content="rolled back").exists()
    assert conversation.messages.path().count() == len(stored)
