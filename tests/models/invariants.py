"""What must hold of a conversation, whatever has happened to it; written apart from aistore's own check."""

from aistore.models import Message


def assert_sound(conversation):
    """Numbers from 1 without a gap, the counter exact, the head its own, each parent its own and older."""
    conversation.refresh_from_db()
    messages = list(
        Message.objects.using(conversation._state.db)
        .filter(conversation=conversation)
        .order_by("sequence_number")
    )
    assert [message.sequence_number for message in messages] == list(range(1, len(messages) + 1))
    assert conversation.message_count == len(messages)
    older = {None: 0}
    for message in messages:
        assert message.parent_id in older
        older[message.pk] = message.sequence_number
    assert conversation.head_id in older
    assert bool(messages) == bool(conversation.head_id)
    if messages:
        assert conversation.last_message_at == max(message.created_at for message in messages)


def contents(conversation):
    """What the path says, from the root to the head."""
    return [message.content for message in conversation.messages.path()]
