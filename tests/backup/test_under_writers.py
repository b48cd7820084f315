"""A backup while others write: it has all that was acknowledged before it began, and nothing torn."""

import threading

from django.db import connections

from aistore import backup, integrity
from aistore.models import Conversation, Message

from ..models.databases import alias
from ..project.actors import until
from .conftest import ALIAS, databases

WRITERS = 6


class Writer(threading.Thread):
    """Appends until told to stop, and notes what was acknowledged."""

    def __init__(self, conversation, stop):
        super().__init__()
        self.conversation = conversation
        self.stop = stop
        self.acknowledged = []

    def run(self):
        conversation = Conversation.objects.using(ALIAS).get(pk=self.conversation.pk)
        while not self.stop.is_set():
            self.acknowledged.append(conversation.append("user", "Where do I start?").pk)
        connections[ALIAS].close()


def test_six_writers(owner, database):
    stop = threading.Event()
    writers = [Writer(Conversation.objects.using(ALIAS).create(owner=owner), stop) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        assert until(lambda: all(len(writer.acknowledged) > 10 for writer in writers))
        before = {pk for writer in writers for pk in list(writer.acknowledged)}
        made = backup.create()
        after = {pk for writer in writers for pk in list(writer.acknowledged)}
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    backup.restore(made.name, target=f"{database}_look")
    assert f"{database}_look" in databases()
    with alias("look", NAME=f"{database}_look"):
        found = set(Message.objects.using("look").values_list("pk", flat=True))
        assert integrity.check_data(using="look", files=False).is_sound
    assert before <= found < after
