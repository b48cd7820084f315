"""Note [The conversation first]: whoever holds a conversation may go on to its messages, whatever others are about."""

import pytest

from aistore.exceptions import GapInNumbers
from aistore.models import Message
from tests.models.invariants import assert_sound

from .test_appending import append, delete_newest


def edits(conversation):
    first(conversation).edit("binh")


def edits_an_old_instance(conversation):
    message = first(conversation)
    message.parts = [{"type": "text", "text": "what was there long ago"}]
    message.edit("binh")


def rates(conversation):
    first(conversation).rate(1)


def saves(conversation):
    message = first(conversation)
    message.metadata = {"seen": True}
    message.save()


def updates(conversation):
    conversation.messages.filter(sequence_number=1).update(name="binh")


def updates_in_bulk(conversation):
    message = first(conversation)
    message.name = "binh"
    Message.objects.bulk_update([message], ["name"])


def ends_a_stream(conversation):
    with conversation.stream() as reply:
        reply.write("binh")


def first(conversation):
    return conversation.messages.get(sequence_number=1)


@pytest.fixture
def message(conversation):
    return conversation.append("user", "before")


@pytest.mark.parametrize(
    "changes", [edits, edits_an_old_instance, rates, saves, updates, updates_in_bulk, ends_a_stream]
)
def test_an_append_and_an_edit_in_one_transaction(an, binh, conversation, message, changes):
    """An holds the conversation by his append, and then wants the message that Binh is changing."""
    with an.transaction():
        an.does(append, "answer")
        change = binh.begins(changes)
        change.waits()
        an.does(edits)
    change.ends()
    assert_sound(conversation)


def test_an_append_and_an_edit_beside_a_deletion(an, binh, conversation, message):
    with an.transaction():
        an.does(append, "answer")
        deletion = binh.begins(delete_newest)
        deletion.waits()
        an.does(edits)
    with pytest.raises(GapInNumbers):  # it is not the newest any more
        deletion.ends()
    assert_sound(conversation)
