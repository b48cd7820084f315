"""Heads that are moved, and copies that are taken, while somebody writes."""

import pytest

from aistore.exceptions import ConversationGone, ForeignParent
from aistore.models import Conversation
from tests.models.invariants import assert_sound, contents
from tests.models.test_appending import turns

from .test_appending import append, delete_newest


@pytest.fixture
def messages(conversation):
    return conversation.extend(turns(3))


def checkout(conversation, message):
    conversation.checkout(message)


def fork(conversation, **options):
    return conversation.fork(**options)


def test_append_beside_checkout(an, binh, conversation, messages):
    """It waits, and answers what is the head then."""
    with an.transaction():
        an.does(checkout, messages[0])
        late = binh.begins(append, "late")
        late.waits()
    assert late.ends().parent_id == messages[0].pk
    assert_sound(conversation)


def test_append_beside_checkout_that_is_rolled_back(an, binh, conversation, messages):
    with an.transaction():
        an.does(checkout, messages[0])
        late = binh.begins(append, "late")
        late.waits()
        an.rolls_back()
    assert late.ends().parent_id == messages[2].pk


def test_checkout_beside_append(an, binh, conversation, messages):
    """Who comes second has the last word about the head; both messages stand."""
    with an.transaction():
        an.does(append, "fourth")
        late = binh.begins(checkout, messages[0])
        late.waits()
    late.ends()
    assert_sound(conversation)
    assert (conversation.head, conversation.message_count) == (messages[0], 4)


def test_checkout_beside_checkout(an, binh, conversation, messages):
    with an.transaction():
        an.does(checkout, messages[0])
        late = binh.begins(checkout, messages[1])
        late.waits()
    late.ends()
    assert_sound(conversation)
    assert conversation.head == messages[1]


def test_checkout_of_what_is_deleted(an, binh, conversation, messages):
    """It waits, and is told that the message is not there."""
    with an.transaction():
        an.does(delete_newest)
        late = binh.begins(checkout, messages[2])
        late.waits()
    with pytest.raises(ForeignParent):
        late.ends()
    assert_sound(conversation)


def test_branch_beside_branch(an, binh, conversation, messages):
    """Two answers to the same question at once: siblings."""
    with an.transaction():
        first = an.does(append, "one", parent=messages[0])
        second = binh.begins(append, "two", parent=messages[0])
        second.waits()
    siblings = [messages[1], first, second.ends()]
    assert list(messages[1].siblings()) == siblings
    assert_sound(conversation)


def test_branch_at_what_is_deleted(an, binh, conversation, messages):
    with an.transaction():
        an.does(delete_newest)
        late = binh.begins(append, "late", parent=messages[2])
        late.waits()
    with pytest.raises(ForeignParent):
        late.ends()
    assert_sound(conversation)


@pytest.mark.parametrize("at_head", [True, False])
def test_fork_beside_append(an, binh, conversation, messages, at_head):
    """It does not wait, and has what was committed."""
    with an.transaction():
        an.does(append, "fourth")
        copy = binh.does(fork, at=None if at_head else messages[2])
    assert contents(copy) == ["0", "1", "2"]
    assert_sound(copy)
    assert_sound(conversation)


@pytest.mark.parametrize("at_head", [True, False])
def test_append_beside_fork(an, binh, conversation, messages, at_head):
    """Nor does a fork in a long transaction make anybody wait."""
    with an.transaction():
        copy = an.does(fork, at=None if at_head else messages[2])
        assert binh.does(append, "fourth").sequence_number == 4
    assert contents(copy) == ["0", "1", "2"]
    assert_sound(copy)
    assert_sound(conversation)


def test_fork_of_what_is_deleted_at_this_moment(an, binh, conversation, messages):
    """Between the call and the statement: no empty copy is left."""
    with an.stopped_before("copied AS MATERIALIZED") as stopped:
        copy = an.begins(fork, at=messages[2])
        assert stopped.wait(20)
        binh.does(delete_newest)
    with pytest.raises(ForeignParent):
        copy.ends()
    assert Conversation.objects.count() == 1


def test_fork_of_a_conversation_that_is_deleted_at_this_moment(an, binh, conversation, messages):
    with an.stopped_before("copied AS MATERIALIZED") as stopped:
        copy = an.begins(fork)
        assert stopped.wait(20)
        binh.does(lambda it: Conversation.objects.get(pk=it.pk).delete())
    with pytest.raises(ConversationGone):
        copy.ends()
    assert not Conversation.objects.exists()


def test_fork_while_a_call_is_answered(an, binh, conversation):
    """The copy knows which calls are open in it, whatever has happened since."""
    an.does(lambda it: it.append("assistant", tool_calls=[{"id": "a", "name": "look"}]))
    with an.stopped_before("copied AS MATERIALIZED") as stopped:
        copy = an.begins(fork)
        assert stopped.wait(20)
        binh.does(lambda it: it.append("tool", "42", tool_call_id="a"))
    assert (contents(copy.ends()), copy.ends().open_tool_calls) == (["", "42"], [])
