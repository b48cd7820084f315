"""Two that write to one conversation: one waits for the other, and then sees what has become of it."""

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from aistore.exceptions import ConflictingAppend, ConversationGone, GapInNumbers
from aistore.models import Conversation
from tests.models.invariants import assert_sound, contents
from tests.models.test_appending import turns

every_way = pytest.mark.parametrize("count", [1, 128, 129])


def append(conversation, content, **fields):
    return conversation.append("user", content, **fields)


def extend(conversation, count, **fields):
    """Each with a key of its own."""
    keyed = [{**turn, "external_id": f"key {number}"} for number, turn in enumerate(turns(count))]
    return conversation.extend(keyed, **fields)


def delete_newest(conversation):
    return conversation.messages.order_by("-sequence_number").first().delete()


def test_append_beside_append(an, binh, conversation):
    """The second waits, gets the next number, and answers what the first has written."""
    with an.transaction():
        first = an.does(append, "first")
        second = binh.begins(append, "second")
        second.waits()
    assert (second.ends().sequence_number, second.ends().parent_id) == (2, first.pk)
    assert_sound(conversation)


@every_way
def test_append_beside_extend(an, binh, conversation, count):
    with an.transaction():
        an.does(append, "first")
        second = binh.begins(extend, count)
        second.waits()
    assert [message.sequence_number for message in second.ends()] == list(range(2, count + 2))
    assert_sound(conversation)


@every_way
def test_append_beside_one_that_is_rolled_back(an, binh, conversation, count):
    """The number is given again, and the head is what it was."""
    with an.transaction():
        an.does(extend, count)
        second = binh.begins(append, "second")
        second.waits()
        an.rolls_back()
    assert (second.ends().sequence_number, second.ends().parent_id) == (1, None)
    assert_sound(conversation)


def test_times_follow_numbers(an, binh, conversation):
    """Who waited is later, though he came earlier than the other's commit."""
    with an.transaction():
        an.does(append, "first")
        waiting = binh.begins(append, "third")
        waiting.waits()
        second = an.does(append, "second")
    assert waiting.ends().created_at > second.created_at
    assert contents(conversation) == ["first", "second", "third"]


def test_another_conversation_does_not_wait(an, binh, conversation, other):
    """A lock is on one conversation: the same owner's next one goes on."""
    with an.transaction():
        an.does(append, "first")
        assert binh.does(append, "elsewhere", of=other).sequence_number == 1
        assert binh.does(extend, 129, of=other)[-1].sequence_number == 130
        binh.does(lambda it: it.fork(), of=other)
    assert_sound(other)


@every_way
def test_append_beside_delete(an, binh, conversation, count):
    """Who comes second finds nothing, and revives nothing."""
    with an.transaction():
        an.does(lambda it: Conversation.objects.get(pk=it.pk).delete())
        late = binh.begins(extend, count)
        late.waits()
    with pytest.raises(ConversationGone):
        late.ends()
    assert not Conversation.objects.exists()


def test_append_beside_delete_that_is_rolled_back(an, binh, conversation):
    with an.transaction():
        an.does(lambda it: Conversation.objects.get(pk=it.pk).delete())
        late = binh.begins(append, "Hi")
        late.waits()
        an.rolls_back()
    assert late.ends().sequence_number == 1
    assert_sound(conversation)


def test_delete_beside_append(an, binh, conversation):
    """It waits, and takes along what was written meanwhile."""
    with an.transaction():
        message = an.does(append, "Hi")
        deletion = binh.begins(lambda it: it.delete())
        deletion.waits()
    deletion.ends()
    assert not type(message).objects.exists()


def test_append_beside_delete_of_the_owner(an, binh, conversation):
    with an.transaction():
        an.does(lambda _: get_user_model().objects.all().delete())
        late = binh.begins(append, "Hi")
        late.waits()
    with pytest.raises(ConversationGone):
        late.ends()


@every_way
def test_same_key_beside_same_key(an, binh, conversation, count):
    """The second gets the rows of the first."""
    with an.transaction():
        first = an.does(extend, count)
        second = binh.begins(extend, count)
        second.waits()
    assert second.ends() == first
    assert_sound(conversation)


@every_way
def test_same_key_in_two_transactions(an, binh, conversation, count):
    """The same; and the second's transaction goes on."""
    with binh.transaction():
        with an.transaction():
            first = an.does(extend, count)
            second = binh.begins(extend, count)
            second.waits()
        assert second.ends() == first
        binh.does(append, "more")
    assert_sound(conversation)
    assert conversation.message_count == count + 1


@every_way
def test_same_key_beside_one_that_is_rolled_back(an, binh, conversation, count):
    """Then the second is the first."""
    with an.transaction():
        an.does(extend, count)
        second = binh.begins(extend, count)
        second.waits()
        an.rolls_back()
    assert [message.sequence_number for message in second.ends()] == list(range(1, count + 1))
    assert_sound(conversation)


def test_same_keys_without_transactions(an, binh, conversation):
    """Forty keys, from both ends, as fast as they go."""
    one = an.begins(lambda it: [append(it, "", external_id=f"{key}") for key in range(40)])
    two = binh.begins(lambda it: [append(it, "", external_id=f"{key}") for key in reversed(range(40))])
    assert one.ends() == two.ends()[::-1]
    assert_sound(conversation)
    assert conversation.message_count == 40


def test_same_key_with_other_content(an, binh, conversation):
    with an.transaction():
        an.does(append, "this", external_id="a")
        second = binh.begins(append, "that", external_id="a")
        second.waits()
    with pytest.raises(ConflictingAppend):
        second.ends()
    assert_sound(conversation)


@every_way
def test_part_of_a_batch_is_there_already(an, binh, conversation, count):
    """Some of the second's messages were the first's: they are returned, the others stored."""
    with an.transaction():
        first = an.does(extend, 2)
        second = binh.begins(extend, count + 2)
        second.waits()
    assert second.ends()[:2] == first
    assert_sound(conversation)
    assert conversation.message_count == count + 2


def test_results_of_parallel_calls(an, binh, conversation):
    """Two workers answer one call each: both results stand, and nothing is open."""
    calls = [{"id": one, "name": "look"} for one in "ab"]
    an.does(lambda it: it.append("assistant", tool_calls=calls))
    with an.transaction():
        an.does(lambda it: it.append("tool", "1", tool_call_id="a"))
        second = binh.begins(lambda it: it.append("tool", "2", tool_call_id="b"))
        second.waits()
    second.ends()
    assert contents(conversation) == ["", "1", "2"]
    assert_sound(conversation)
    assert conversation.open_tool_calls == []


def test_a_turn_beside_a_result(an, binh, conversation):
    """The call was answered while the turn waited: it is not closed a second time."""
    an.does(lambda it: it.append("assistant", tool_calls=[{"id": "a", "name": "look"}]))
    with an.transaction():
        an.does(lambda it: it.append("tool", "42", tool_call_id="a"))
        turn = binh.begins(append, "Thanks")
        turn.waits()
    turn.ends()
    assert contents(conversation) == ["", "42", "Thanks"]


def test_append_beside_delete_of_the_newest(an, binh, conversation):
    """The number of what is gone is given again."""
    conversation.extend(turns(3))
    with an.transaction():
        an.does(delete_newest)
        third = binh.begins(append, "another third")
        third.waits()
    assert third.ends().sequence_number == 3
    assert_sound(conversation)


def test_delete_of_the_newest_beside_append(an, binh, conversation):
    """It is the newest no more, so it stays."""
    conversation.extend(turns(3))
    with an.transaction():
        an.does(append, "fourth")
        deletion = binh.begins(delete_newest)
        deletion.waits()
    with pytest.raises(GapInNumbers):
        deletion.ends()
    assert_sound(conversation)
    assert conversation.message_count == 4


def test_two_delete_the_newest(an, binh, conversation):
    conversation.extend(turns(3))
    with an.transaction():
        an.does(delete_newest)
        second = binh.begins(delete_newest)
        second.waits()
    second.ends()
    assert_sound(conversation)
    assert conversation.message_count == 2


def test_mark_beside_append(an, binh, conversation):
    """Pinning waits and loses nothing."""
    with an.transaction():
        an.does(append, "Hi")
        mark = binh.begins(lambda it: Conversation.objects.filter(pk=it.pk).pin())
        mark.waits()
    assert mark.ends() == 1
    assert_sound(conversation)
    assert (conversation.is_pinned, conversation.message_count) == (True, 1)


def test_save_beside_append(an, binh, conversation):
    """A title is saved by an instance that does not know of the message."""
    with an.transaction():
        an.does(append, "Hi")
        save = binh.begins(lambda it: it.save())
        save.waits()
    save.ends()
    assert_sound(conversation)
    assert conversation.message_count == 1


@every_way
def test_a_host_that_sees_one_moment(an, binh, conversation, count):
    """REPEATABLE READ: PostgreSQL refuses what it would have to see, nothing is written, the host tries again."""
    with an.transaction("REPEATABLE READ"):
        binh.does(append, "first")
        with pytest.raises(OperationalError, match="could not serialize"):
            an.does(extend, count)
        an.rolls_back()
    with an.transaction("REPEATABLE READ"):
        an.does(extend, count)
    assert_sound(conversation)
    assert conversation.message_count == count + 1


def test_a_host_that_sees_one_moment_and_is_alone(an, conversation):
    """Everything works."""
    with an.transaction("REPEATABLE READ"):
        message = an.does(append, "first", external_id="a")
        assert an.does(append, "first", external_id="a") == message
        an.does(append, "second", parent=message)
        an.does(lambda it: it.checkout(message))
        fork = an.does(lambda it: it.fork())
    assert_sound(conversation)
    assert_sound(fork)
