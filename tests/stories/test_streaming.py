"""Streams beside everything else: they hold no lock while they go on, and end where they stand."""

import pytest
from django.db import transaction

from aistore.exceptions import InvalidMessage, MessageGone
from aistore.models import Message
from tests.models.invariants import assert_sound, contents
from tests.models.streams import last_sign_of_life, row
from tests.project.actors import until

from .test_appending import append, delete_newest

pytestmark = pytest.mark.usefixtures("quick_streams")
CALLS = [{"id": "a", "name": "look"}]


def streams(actor, **options):
    """Begun by this actor; ended by finish()."""
    return actor.does(lambda it: it.stream(**options).__enter__())


def finish(_, reply, **fields):
    return reply.finish(**fields)


def test_append_beside_stream(an, binh, conversation):
    """It does not wait, and the stream keeps its number."""
    reply = streams(an)
    reply.write("one")
    assert binh.does(append, "two").sequence_number == 2
    an.does(finish, reply)
    assert contents(conversation) == ["one", "two"]
    assert_sound(conversation)


def test_end_of_a_stream_beside_append(an, binh, conversation):
    """Its end waits for the transaction of an append, which has the state of the conversation."""
    reply = streams(an)
    with binh.transaction():
        binh.does(append, "two")
        reply.write("one")
        end = an.begins(finish, reply)
        end.waits()
    assert end.ends().status == "complete"
    assert contents(conversation) == ["one", "two"]


def test_two_streams_at_once(an, binh, conversation):
    """Both end complete, each with its own number and text."""
    first, second = streams(an), streams(binh)
    for word in "abc":
        first.write(word)
        second.write(word.upper())
    assert until(lambda: (row(first).content, row(second).content) == ("abc", "ABC"))
    an.does(finish, first)
    binh.does(finish, second)
    assert [(it.sequence_number, it.content, it.status) for it in conversation.messages.path()] == [
        (1, "abc", "complete"),
        (2, "ABC", "complete"),
    ]
    assert_sound(conversation)


def test_an_end_with_calls_beside_append(an, binh, conversation):
    """It waits, is the head no more, and leaves the calls of the head alone."""
    reply = streams(an)
    with binh.transaction():
        binh.does(append, "two")
        end = an.begins(finish, reply, tool_calls=CALLS)
        end.waits()
    end.ends()
    assert_sound(conversation)
    assert conversation.open_tool_calls == []


def test_append_beside_an_end_with_calls(an, binh, conversation):
    """It waits for the calls, and closes them."""
    reply = streams(an)
    with an.transaction():
        an.does(finish, reply, tool_calls=CALLS)
        turn = binh.begins(append, "Never mind")
        turn.waits()
    turn.ends()
    assert contents(conversation) == ["", "interrupted", "Never mind"]


def test_an_end_with_calls_beside_delete(an, binh, conversation):
    """Both lock the conversation first: neither waits for the other in a circle."""
    reply = streams(an)
    with binh.stopped_before("DELETE") as stopped:
        deletion = binh.begins(delete_newest)
        assert stopped.wait(20)
        end = an.begins(finish, reply, tool_calls=CALLS)
        end.waits()
        with transaction.atomic():
            assert Message.objects.select_for_update(nowait=True).get(pk=reply.message.pk)
    deletion.ends()
    with pytest.raises(MessageGone):
        end.ends()
    assert_sound(conversation)
    assert conversation.message_count == 0


def test_an_end_beside_an_append_that_takes_it_for_dead(an, binh, conversation):
    """Held up for so long that it seemed dead, it ends at the same moment: complete, with its text."""
    reply = streams(an)
    last_sign_of_life(reply.message, seconds=60)
    with binh.stopped_before("'streaming'") as stopped:
        turn = binh.begins(append, "Hello?")
        assert stopped.wait(20)
        reply.write("here")
        an.does(finish, reply, tool_calls=CALLS)
    turn.ends()
    assert (row(reply).status, row(reply).content) == ("complete", "here")
    assert contents(conversation) == ["here", "interrupted", "Hello?"]
    assert_sound(conversation)


def test_a_stream_dies_while_the_append_looks(an, binh, conversation):
    """It was alive when the dead were counted, and dead a moment later: the message is stored all the same."""
    first, second = an.does(append, "1"), an.does(append, "2")
    Message.objects.filter(pk=second.pk).update(status="streaming")
    with binh.stopped_before("before AS MATERIALIZED") as stopped:
        late = binh.begins(append, "late", parent=first)
        assert stopped.wait(20)
        last_sign_of_life(second, seconds=60)
    assert Message.objects.filter(pk=late.ends().pk).exists()
    assert_sound(conversation)


def test_edit_beside_a_stream(an, binh, conversation):
    """Refused while the stream goes on, which would overwrite it; afterwards it is an edit like any other."""
    reply = streams(an)
    reply.write("streamed")
    with pytest.raises(InvalidMessage, match="stream"):
        binh.does(lambda _: row(reply).edit("edited"))
    an.does(finish, reply)
    binh.does(lambda _: row(reply).edit("edited"))
    assert (row(reply).content, row(reply).revisions.get().content) == ("edited", "streamed")


def test_edit_of_a_dead_stream(an, binh, conversation):
    """Nobody writes it any more: it is failed, and edited."""
    message = an.does(lambda it: it.append("assistant", "In H", status="streaming"))
    last_sign_of_life(message, seconds=60)
    binh.does(lambda _: Message.objects.get().edit("In Hue"))
    assert (Message.objects.get().content, Message.objects.get().status) == ("In Hue", "failed")
