"""Edits and ratings: the old text is kept, nobody overwrites what he has not seen."""

import pytest
from django.db import transaction

from aistore.exceptions import InvalidMessage, MessageGone, StaleEdit, UnstorableValue
from aistore.models import Conversation, Message, MessageRevision

from .edge_texts import TEXTS
from .invariants import assert_sound

pytestmark = pytest.mark.django_db
TEXT, IMAGE = {"type": "text", "text": "Hi"}, {"type": "image", "url": "https://example.com/a.png"}


@pytest.fixture
def message(conversation):
    return conversation.append("user", "Hi")


def test_the_revision_is_kept(message):
    """Content and parts as they were, and when they were replaced."""
    message.edit("Hello")
    revision = message.revisions.get()
    assert (revision.content, revision.parts, revision.replaced_at) == ("Hi", [], message.edited_at)
    message.refresh_from_db()
    assert (message.content, revision.replaced_at) == ("Hello", message.edited_at)


def test_edit_is_one_query(message, django_assert_num_queries):
    message = Message.objects.get(pk=message.pk)
    with django_assert_num_queries(1):
        message.edit("Hello", expected=None)


def test_every_revision_is_kept(message):
    for text in ("one", "two", "three"):
        message.edit(text)
    kept = message.revisions.order_by("replaced_at").values_list("content", flat=True)
    assert list(kept) == ["Hi", "one", "two"]


def test_expected(message):
    """edited_at as it was read lets the edit through."""
    message.edit("one", expected=None)
    message.edit("two", expected=message.edited_at)
    assert Message.objects.get().content == "two"


def test_a_stale_writer_is_refused(message):
    """Who has not seen the last edit changes nothing, and learns when it was."""
    mine, theirs = Message.objects.get(), Message.objects.get()
    theirs.edit("theirs")
    with pytest.raises(StaleEdit, match=f"{theirs.edited_at}.*never edited".replace("+", r"\+")):
        mine.edit("mine", expected=mine.edited_at)
    assert (Message.objects.get().content, mine.content, MessageRevision.objects.count()) == (
        "theirs",
        "Hi",
        1,
    )


def test_a_refusal_leaves_the_hosts_transaction_usable(message):
    message.edit("one")
    with transaction.atomic():
        with pytest.raises(StaleEdit):
            message.edit("two", expected=None)
        message.edit("three")
    assert Message.objects.get().content == "three"


def test_without_expected_the_last_one_wins(message):
    mine, theirs = Message.objects.get(), Message.objects.get()
    theirs.edit("theirs")
    mine.edit("mine")
    assert list(mine.revisions.order_by("replaced_at").values_list("content", flat=True)) == ["Hi", "theirs"]


def test_two_edits_are_never_at_the_same_time(message):
    """Not even in one transaction or one microsecond: expected could not tell them apart."""
    times = []
    for number in range(20):
        message.edit(f"{number}")
        times.append(message.edited_at)
    assert times == sorted(set(times))


def test_exact_text(conversation):
    """In the text, in parts with their keys, and in what is kept of them."""
    message = conversation.append("user", "")
    for text in TEXTS.values():
        message.edit(text, parts=[{"type": "text", "text": text, text: [{text: text}]}])
        message.refresh_from_db()
        assert (message.content, message.parts[0][text]) == (text, [{text: text}])
    assert (
        list(message.revisions.order_by("replaced_at").values_list("content", flat=True))[1:]
        == list(TEXTS.values())[:-1]
    )


PARTS = {
    "no parts": ([], []),
    "one text": ([TEXT], [{"type": "text", "text": "new"}]),
    "beside an image": ([IMAGE, TEXT], [IMAGE, {"type": "text", "text": "new"}]),
    "several texts": ([TEXT, IMAGE, TEXT], [{"type": "text", "text": "new"}, IMAGE]),
    "no text": ([IMAGE], [IMAGE, {"type": "text", "text": "new"}]),
    "with more to it": ([{**TEXT, "citations": [1]}], [{"type": "text", "text": "new", "citations": [1]}]),
}


@pytest.mark.parametrize(("before", "after"), PARTS.values(), ids=PARTS.keys())
def test_parts_follow_the_text(conversation, before, after):
    """The new text stands where the first one stood; what is no text stays."""
    message = conversation.append("user", "Hi", parts=before)
    message.edit("new")
    message.refresh_from_db()
    assert (message.content, message.parts) == ("new", after)
    assert message.revisions.get().parts == before


def test_emptied(conversation):
    """No empty text is put beside an image."""
    message = conversation.append("user", "Hi", parts=[IMAGE])
    message.edit("")
    assert (message.content, message.parts) == ("", [IMAGE])


def test_new_parts(conversation):
    message = conversation.append("user", [TEXT])
    message.edit("Look", parts=[IMAGE])
    message.refresh_from_db()
    assert (message.content, message.parts) == ("Look", [IMAGE])


def test_a_stale_instance_keeps_the_parts_that_are_there(conversation):
    """The parts that are no text stay: those of the row, not of an instance read long ago."""
    message = conversation.append("user", "Hi")
    stale = Message.objects.get()
    message.edit("Hi", parts=[TEXT, IMAGE])
    stale.edit("new")
    assert stale.parts == Message.objects.get().parts == [{"type": "text", "text": "new"}, IMAGE]


def test_an_edit_leaves_the_conversation_alone(conversation, message):
    before = Conversation.objects.values().get()
    message.edit("Hello")
    assert Conversation.objects.values().get() == before
    assert_sound(conversation)


def test_bad_input(message):
    """Nothing is written, no revision either."""
    for content, parts, error in [
        (5, None, InvalidMessage),
        ("x", ["Hi"], InvalidMessage),
        ("x", [{"type": "text", "text": float("nan")}], UnstorableValue),
    ]:
        with pytest.raises(error):
            message.edit(content, parts=parts)
    assert (Message.objects.get().content, MessageRevision.objects.count()) == ("Hi", 0)


def test_a_deleted_message(message):
    stale = Message.objects.get()
    message.delete()
    for change in (stale.edit, lambda text: stale.edit(text, expected=None), lambda _: stale.rate(1)):
        with pytest.raises(MessageGone, match=str(stale.pk)):
            change("x")


def test_a_message_of_a_deleted_conversation(conversation, message):
    stale = Message.objects.get()
    conversation.delete()
    with pytest.raises(MessageGone):
        stale.edit("x")


def test_a_message_that_was_never_saved(conversation):
    message = Message(conversation=conversation, role="user")
    for change in (lambda: message.edit("x"), lambda: message.rate(1)):
        with pytest.raises(MessageGone):
            change()


def test_rate(message, django_assert_num_queries):
    with django_assert_num_queries(1):
        message.rate(1, comment="helpful\x00")
    message.refresh_from_db()
    assert (message.rating, message.rating_comment, message.edited_at) == (1, "helpful\x00", None)


def test_rating_taken_back(message):
    message.rate(-1, comment="no")
    message.rate(None)
    message.refresh_from_db()
    assert (message.rating, message.rating_comment) == (None, "")


@pytest.mark.parametrize("rating", [0, 2, True, "1", 0.5])
def test_a_rating_that_is_none(message, rating):
    with pytest.raises(InvalidMessage):
        message.rate(rating)
    assert Message.objects.get().rating is None


def test_rating_a_stale_instance(message):
    """Only the rating is written, not the text as it was."""
    stale = Message.objects.get()
    message.edit("Hello")
    stale.rate(1)
    assert (Message.objects.get().content, Message.objects.get().rating) == ("Hello", 1)
