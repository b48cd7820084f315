"""Two imports at the same moment, an import beside the owner, and an import inside somebody's transaction."""

import threading
import time

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction

from aistore.integrity import check_data
from aistore.models import Conversation
from tests.interop.files import several
from tests.interop.imports import contents, conversation, imported, message, stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(transactional_db):
    return get_user_model().objects.create(username="an")


class Beside(threading.Thread):
    """An import on a connection of its own; its report is the result."""

    def __init__(self, owner, *conversations):
        super().__init__()
        self.call = lambda: imported(owner, *conversations)
        self.start()

    def run(self):
        try:
            self.report = self.call()
        finally:
            connections.close_all()

    def result(self):
        self.join(timeout=30)
        return self.report


def until_somebody_waits():
    with connection.cursor() as cursor:
        for _ in range(1_000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_same_file_at_the_same_moment(owner):
    """The later one waits for the first, and then finds all of it there."""
    with transaction.atomic():
        imported(owner, *several(3))
        other = Beside(owner, *several(3))
        until_somebody_waits()
    report = other.result()
    assert (report.new, report.unchanged, report.error_count) == (0, 3, 0)
    assert Conversation.objects.count() == 3
    assert check_data().is_sound


def test_same_file_when_the_first_rolls_back(owner):
    with transaction.atomic():
        imported(owner, *several(3))
        other = Beside(owner, *several(3))
        until_somebody_waits()
        transaction.set_rollback(True)
    assert other.result().new == 3


def test_continuation_while_the_owner_writes(owner):
    """It waits for his message, takes the number behind it, and leaves him his branch."""
    imported(owner, conversation(message(content="one")))
    with transaction.atomic():
        stored(owner).append("user", "mine")
        other = Beside(owner, conversation(message(content="one"), message(content="two")))
        until_somebody_waits()
    assert other.result().extended == 1
    assert contents(owner) == ["one", "mine", "two"]
    assert stored(owner).head.content == "mine"
    assert check_data().is_sound


def test_continuation_while_the_owner_deletes(owner):
    """It waits, and sees what is left: no number is left out."""
    one, two, new = message(content="one"), message(content="two"), message(content="new", parent="1")
    imported(owner, conversation(one, two))
    with transaction.atomic():
        stored(owner).head.delete()
        other = Beside(owner, conversation(one, two, new))
        until_somebody_waits()
    assert other.result().messages == 2
    assert contents(owner) == ["one", "two", "new"]
    assert check_data().is_sound


def test_conversation_deleted_while_it_is_continued(owner):
    """Then it is a new one."""
    imported(owner, conversation(message(content="one")))
    with transaction.atomic():
        stored(owner).delete()
        other = Beside(owner, conversation(message(content="one"), message(content="two")))
        until_somebody_waits()
    assert other.result().new == 1
    assert contents(owner) == ["one", "two"]


def test_in_a_transaction_of_the_host(owner):
    """What is imported goes with it."""
    with transaction.atomic():
        imported(owner, *several(3))
        transaction.set_rollback(True)
    assert Conversation.objects.count() == 0


def test_constraints_are_as_before(owner):
    """The one that an import defers is checked before it returns, in a transaction of the host, too."""
    with transaction.atomic():
        imported(owner, *several(1))
        with pytest.raises(Exception, match="conversation_head_its_own"), transaction.atomic():
            Conversation.objects.update(head="01890000-0000-7000-8000-000000000000")
