"""Deleting: from the newest backwards, so that numbers stay without a gap; whole conversations at once."""

import tracemalloc

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_delete, pre_delete

from aistore.exceptions import GapInNumbers
from aistore.models import Conversation, Memory, Message, MessageRevision, Upload

from .invariants import assert_sound, contents
from .test_appending import turns

pytestmark = pytest.mark.django_db


def test_the_last_one(conversation):
    """Number, counter and head go back by one, and the number is given again."""
    messages = conversation.extend(turns(3))
    assert messages[-1].delete() == (1, {"aistore.Message": 1})
    assert_sound(conversation)
    assert (conversation.message_count, conversation.head) == (2, messages[1])
    assert conversation.append("user").sequence_number == 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_last_ones(conversation, count):
    conversation.extend(turns(3))
    assert conversation.messages.last(count).delete()[0] == count
    assert_sound(conversation)
    assert conversation.message_count == 3 - count


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_last_ones_of_the_path(conversation, count):
    """The path is another one as soon as the head has moved; what was asked for is deleted all the same."""
    conversation.extend(turns(3))
    assert conversation.messages.path(last=count).delete()[0] == count
    assert_sound(conversation)
    assert conversation.message_count == 3 - count


def test_everything(conversation):
    """An empty conversation stays, with the time of its beginning."""
    conversation.extend(turns(3))
    conversation.messages.all().delete()
    assert_sound(conversation)
    assert (conversation.message_count, conversation.head) == (0, None)
    assert conversation.last_message_at == conversation.created_at
    conversation.append("user", "Hi")
    assert_sound(conversation)


def test_a_hole(conversation):
    """Refused, and nothing is deleted."""
    first, *_ = conversation.extend(turns(3))
    for messages in (
        conversation.messages.filter(pk=first.pk),
        conversation.messages.filter(sequence_number__in=[1, 3]),
    ):
        with pytest.raises(GapInNumbers, match=str(conversation.pk)):
            messages.delete()
    assert_sound(conversation)
    assert conversation.message_count == 3


def test_nothing(conversation):
    conversation.extend(turns(3))
    assert (
        conversation.messages.none().delete()[0] == conversation.messages.filter(content="x").delete()[0] == 0
    )
    assert_sound(conversation)


def test_one_hole_among_many_conversations(conversation, other):
    """All or nothing over all of them."""
    conversation.extend(turns(2))
    other.extend(turns(2))
    with pytest.raises(GapInNumbers):
        Message.objects.exclude(conversation=other, sequence_number=2).delete()
    assert Message.objects.count() == 4
    assert_sound(conversation)


def test_many_conversations(conversation, other):
    conversation.extend(turns(3))
    other.extend(turns(2))
    assert Message.objects.filter(sequence_number__gte=2).delete()[0] == 3
    assert_sound(conversation)
    assert_sound(other)


def test_found_twice_by_a_join(conversation, owner):
    """Two memories of one message make two rows of a join, but one message."""
    message = conversation.extend(turns(2))[-1]
    for content in "ab":
        Memory.objects.create(owner=owner, message=message, content=content)
    assert Message.objects.filter(memories__isnull=False).delete()[0] == 1
    assert_sound(conversation)


def test_a_branch(conversation):
    """The head goes back to the nearest message of its path that is left."""
    a, b = conversation.extend(turns(2))
    c = conversation.append("user", "c", parent=a)
    conversation.append("user", "d", parent=b)
    conversation.messages.filter(sequence_number__gte=3).delete()
    assert_sound(conversation)
    assert (conversation.head, Message.objects.filter(pk=c.pk).exists()) == (b, False)


def test_another_branch(conversation):
    """The head stays where the path is untouched."""
    a, b = conversation.extend(turns(2))
    conversation.append("user", "c", parent=a)
    conversation.checkout(b)
    conversation.messages.last(1).delete()
    assert_sound(conversation)
    assert conversation.head == b


def test_calls_are_open_again(conversation):
    """Without its result a call is open, and closed by the next turn."""
    conversation.append("assistant", tool_calls=[{"id": "a", "name": "look"}])
    conversation.append("tool", "42", tool_call_id="a").delete()
    conversation.refresh_from_db()
    conversation.append("user", "Never mind")
    assert contents(conversation) == ["", "interrupted", "Never mind"]


def test_last_message_at_goes_back(conversation):
    messages = conversation.extend(turns(3))
    conversation.messages.last(2).delete()
    conversation.refresh_from_db()
    assert conversation.last_message_at == messages[0].created_at


def test_a_stale_instance(conversation):
    """What matters is the row."""
    stale = conversation.append("user", "0")
    conversation.append("user", "1")
    with pytest.raises(GapInNumbers):
        stale.delete()


def test_what_hangs_on_a_message(conversation, owner):
    """Revisions go with it; memories and uploads stay, and forget it."""
    message = conversation.append("user", "Hi")
    message.edit("Hello")
    memory = Memory.objects.create(owner=owner, content="a", message=message)
    upload = Upload.objects.create(owner=owner, name="a", message=message)
    message.delete()
    memory.refresh_from_db()
    upload.refresh_from_db()
    assert (MessageRevision.objects.count(), memory.message, upload.message) == (0, None, None)


def test_ten_thousand_messages(long, django_assert_max_num_queries):
    """A conversation goes with all of its messages under 5 queries, and they never come to Python."""
    tracemalloc.start()
    with django_assert_max_num_queries(4):
        long.delete()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not Message.objects.exists()
    assert peak < 30 * 2**20


def test_no_receiver_of_ours():
    """One receiver would make Django read every message before it deletes it."""
    for signal in (pre_delete, post_delete):
        assert not signal.has_listeners(Message)
        assert not signal.has_listeners(Conversation)


def test_many_conversations_at_once(owner, django_assert_max_num_queries):
    for _ in range(20):
        Conversation.objects.create(owner=owner).extend(turns(2))
    with django_assert_max_num_queries(4):
        Conversation.objects.filter(owner=owner).delete()
    assert not Message.objects.exists()


def test_a_user_goes_with_everything(conversation, owner, other_owner):
    """By the database, so that SQL of others is held to it too; what is another's stays."""
    conversation.append("user", "Hi").edit("Hello")
    memory = Memory.objects.create(owner=owner, content="a", conversation=conversation)
    Memory.objects.create(owner=owner, content="b", superseded_by=memory)
    Upload.objects.create(owner=owner, name="a", conversation=conversation)
    kept = Conversation.objects.create(owner=other_owner)
    get_user_model().objects.filter(pk=owner.pk)._raw_delete("default")
    assert [model.objects.count() for model in (Conversation, Message, MessageRevision, Memory, Upload)] == [
        1,
        0,
        0,
        0,
        0,
    ]
    assert_sound(kept)


def test_a_user_deleted_by_django(conversation, owner, django_assert_max_num_queries):
    conversation.extend(turns(200))
    with django_assert_max_num_queries(10):
        owner.delete()
    assert not Message.objects.exists()


def test_rolled_back(conversation):
    conversation.extend(turns(3))
    with transaction.atomic():
        conversation.messages.last(2).delete()
        transaction.set_rollback(True)
    assert_sound(conversation)
    assert conversation.message_count == 3
