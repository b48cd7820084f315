"""The demo as a whole: loaded once, twice, by two at once, and into what was there before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.db.models import Max

from aistore import demo, integrity
from aistore.models import Conversation, Memory, Message, Upload

from .conftest import SMALL

User = get_user_model()
MODELS = (User, Conversation, Message, Memory, Upload)


def counts():
    return [model.objects.count() for model in MODELS]


def test_twice(loaded):
    """Loaded again, nothing is made twice, and the report says so."""
    before = counts()
    again = demo.load(small=SMALL)
    assert counts() == before
    assert [rows.new for rows in (again.conversations, again.messages, again.memories, again.uploads)] == [
        0
    ] * 4


def test_counts(loaded):
    """The report says what is in the database."""
    assert loaded.conversations == demo.Rows(44 + SMALL, 44 + SMALL)
    assert loaded.messages.total == Message.objects.count() > 870
    assert loaded.memories.total == Memory.objects.count() == 40
    assert loaded.uploads.total == Upload.objects.count() == 5
    assert not loaded.refused


def test_password_once(loaded, client):
    """The password opens the account; the second load does not know it."""
    assert client.login(username="admin", password=loaded.password)
    assert demo.load(small=SMALL).password is None


def test_more(loaded):
    """With a greater number, the missing ones are added."""
    more = demo.load(small=SMALL + 7)
    assert more.conversations == demo.Rows(44 + SMALL + 7, 7)


def test_deleted_comes_back(loaded):
    """What was deleted is loaded again, and nothing else."""
    Conversation.objects.get(external_id="demo-capital-of-mongolia").delete()
    again = demo.load(small=SMALL)
    assert (again.conversations.new, again.messages.new, again.memories.new) == (1, 2, 0)


@pytest.mark.parametrize("external_id", ["demo-capital-of-mongolia", "demo-small-0001"])
def test_owner_has_gone_on(loaded, external_id):
    """A demo conversation that its owner has changed stays as he left it."""
    conversation = Conversation.objects.get(external_id=external_id)
    conversation.messages.order_by("sequence_number").last().delete()
    conversation.append("assistant", "Ask me another.")
    before = list(conversation.messages.order_by("sequence_number").values())
    demo.load(small=SMALL)
    assert list(conversation.messages.order_by("sequence_number").values()) == before


def test_broken_off(db, monkeypatch):
    """When the last step fails, nothing of the others is left; the next load does all."""
    monkeypatch.setattr(demo, "store_uploads", disk_full)
    with pytest.raises(OSError, match="disk full"):
        demo.load(small=SMALL)
    monkeypatch.undo()
    assert counts() == [0] * len(MODELS)
    assert demo.load(small=SMALL).password


def disk_full(*args):
    raise OSError("disk full")


@pytest.mark.django_db(transaction=True)
def test_two_at_once():
    """Of two that load at the same time, one loads, and only that one has a password."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(load_in_thread, range(2)))
    assert sorted(one.conversations.new for one in both) == [0, 44 + SMALL]
    assert [bool(one.password) for one in both] in ([True, False], [False, True])


def load_in_thread(_):
    try:
        return demo.load(small=SMALL)
    finally:
        connections.close_all()


def test_nothing_in_the_future(loaded):
    """The newest of everything is before now, by the database's own clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    newest = Conversation.objects.aggregate(*map(Max, ("created_at", "updated_at", "last_message_at")))
    newest |= Message.objects.aggregate(sent=Max("created_at"), edited=Max("edited_at"))
    newest |= Memory.objects.aggregate(learnt=Max("created_at"), used=Max("last_used_at"))
    newest |= Upload.objects.aggregate(sent_file=Max("created_at"), done=Max("processed_at"))
    assert max(time for time in newest.values() if time) <= now


def test_sound(loaded):
    """Numbers, counters, heads and open calls are what the app's own writers would have made."""
    assert integrity.check_data().is_sound


def test_no_open_tool_calls(loaded):
    """Every tool call of an active path has its result."""
    assert not Conversation.objects.exclude(open_tool_calls=[]).exists()


def test_costs(loaded):
    """Days, models and owners have sums to plot."""
    for by in ("day", "model", "owner"):
        sums = Message.objects.usage(by=by)
        assert len(sums) > 3
        assert any(one["cost"] for one in sums)
