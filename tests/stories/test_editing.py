"""Two that edit one message, and edits beside appends and deletions."""

import pytest

from aistore.exceptions import MessageGone, StaleEdit
from aistore.models import Message
from tests.models.invariants import assert_sound, contents

from .test_appending import append, delete_newest


@pytest.fixture
def message(conversation):
    return conversation.append("user", "before")


def edit(message, content, **options):
    """By an instance of his own, as it was at first."""
    mine = Message(
        **{field.attname: getattr(message, field.attname) for field in message._meta.concrete_fields}
    )
    mine._state.db, mine._state.adding = "default", False
    mine.edit(content, **options)
    return mine


def kept():
    message = Message.objects.get(sequence_number=1)
    return [*message.revisions.order_by("replaced_at").values_list("content", flat=True), message.content]


def test_edit_beside_edit(an, binh, message):
    """The second has not seen the first's text: refused, and nothing is lost."""
    with an.transaction():
        an.does(edit, "an", of=message, expected=None)
        second = binh.begins(edit, "binh", of=message, expected=None)
        second.waits()
    with pytest.raises(StaleEdit):
        second.ends()
    assert kept() == ["before", "an"]


def test_edit_beside_one_that_is_rolled_back(an, binh, message):
    with an.transaction():
        an.does(edit, "an", of=message, expected=None)
        second = binh.begins(edit, "binh", of=message, expected=None)
        second.waits()
        an.rolls_back()
    second.ends()
    assert kept() == ["before", "binh"]


def test_edits_that_expect_nothing(an, binh, message):
    """The last one wins, and what it replaced is kept in order."""
    with an.transaction():
        an.does(edit, "an", of=message)
        second = binh.begins(edit, "binh", of=message)
        second.waits()
    second.ends()
    assert kept() == ["before", "an", "binh"]


def test_text_beside_parts(an, binh, message):
    """Binh edits the text while An adds an image: the image stays."""
    image = {"type": "image", "url": "https://example.com/a.png"}
    with an.transaction():
        an.does(edit, "before", of=message, parts=[{"type": "text", "text": "before"}, image])
        second = binh.begins(edit, "binh", of=message)
        second.waits()
    assert second.ends().parts == [{"type": "text", "text": "binh"}, image]


def test_append_beside_edit(an, binh, conversation, message):
    """An edit renews the state of the conversation, so an append waits for its commit. Then both stand."""
    with an.transaction():
        an.does(edit, "an", of=message)
        answer = binh.begins(append, "answer")
        answer.waits()
    assert answer.ends().parent_id == message.pk
    assert contents(conversation) == ["an", "answer"]
    assert_sound(conversation)


def test_edit_beside_append(an, binh, conversation, message):
    with an.transaction():
        an.does(append, "answer")
        edited = binh.begins(edit, "binh", of=message)
        edited.waits()
    edited.ends()
    assert contents(conversation) == ["binh", "answer"]


def test_append_beside_an_edit_that_adds_a_call(an, binh, conversation, message):
    """This one must be waited for: what it opens is closed by the turn behind it."""
    with an.transaction():
        an.does(edit, "", of=message, parts=[{"type": "tool_call", "id": "a", "name": "look"}])
        turn = binh.begins(append, "Never mind")
        turn.waits()
    turn.ends()
    assert contents(conversation) == ["", "interrupted", "Never mind"]
    assert_sound(conversation)


def test_an_edit_that_adds_a_call_beside_append(an, binh, conversation, message):
    """A turn has come between: the call is not open at the head."""
    with an.transaction():
        an.does(append, "answer")
        second = binh.begins(edit, "", of=message, parts=[{"type": "tool_call", "id": "a", "name": "look"}])
        second.waits()
    second.ends()
    conversation.refresh_from_db()
    assert conversation.open_tool_calls == []


def test_edit_of_what_is_deleted(an, binh, conversation, message):
    with an.transaction():
        an.does(delete_newest)
        late = binh.begins(edit, "binh", of=message)
        late.waits()
    with pytest.raises(MessageGone):
        late.ends()
    assert_sound(conversation)


def test_rating_beside_edit(an, binh, message):
    """It waits, and touches nothing but the rating."""
    with an.transaction():
        an.does(edit, "an", of=message)
        rating = binh.begins(lambda it: it.rate(1), of=message)
        rating.waits()
    rating.ends()
    assert (Message.objects.get().rating, Message.objects.get().content) == (1, "an")
