"""Conversation.objects.start(): what create() and extend() make, in one statement."""

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.models.signals import post_save

from aistore.exceptions import ConflictingAppend, InvalidMessage, UnstorableValue
from aistore.models import Conversation, Message

from .asynchronously import run
from .edge_texts import every_text
from .invariants import assert_sound, contents
from .test_appending import EVERY_VALUE, turns, vars_of

every_way = pytest.mark.parametrize("count", [0, 1, 2, 128, 129])


def test_is_one_query(owner, django_assert_num_queries):
    """The conversation, its counters and its messages."""
    with django_assert_num_queries(1):
        Conversation.objects.start(owner, turns(2), title="Trip to Hue")


@every_way
def test_is_what_create_and_extend_make(owner, count):
    """Numbers, parents, counters and head."""
    conversation = Conversation.objects.start(owner, turns(count), title="Trip to Hue")
    assert_sound(conversation)
    assert contents(conversation) == [turn["content"] for turn in turns(count)]


@every_way
def test_the_instance_is_the_row(owner, count):
    """Nobody has to read it again."""
    fields = {"title": "Trip", "tags": ["travel"], "metadata": {"a": [1]}, "is_pinned": True, "source": "web"}
    started = Conversation.objects.start(owner, turns(count), **fields)
    assert vars_of(started) == vars_of(Conversation.objects.get(pk=started.pk))
    assert {name: getattr(started, name) for name in fields} == fields
    assert not started._state.adding


def test_goes_on(owner):
    """What is started is appended to at once."""
    conversation = Conversation.objects.start(owner, turns(2))
    assert conversation.append("user", "And then?").sequence_number == 3
    assert_sound(conversation)


@every_text
def test_exact_text(owner, text):
    """Title, tags, metadata and messages come back equal."""
    turn = {"role": "user", "content": text}
    started = Conversation.objects.start(owner, [turn], title=text, tags=[text], metadata={text: text})
    read = Conversation.objects.get(pk=started.pk)
    assert (read.title, read.tags, read.metadata, contents(read)) == (text, [text], {text: text}, [text])


def test_open_tool_calls(owner):
    """They are known, and closed before the next turn."""
    call = {"role": "assistant", "tool_calls": [{"id": "call_1", "name": "find"}]}
    assert Conversation.objects.start(owner, [call]).open_tool_calls == ["call_1"]
    closed = Conversation.objects.start(owner, [call, {"role": "user", "content": "Well?"}])
    assert contents(closed) == ["", "interrupted", "Well?"]
    assert_sound(closed)


def test_the_same_key_twice(owner):
    """One message, as with extend(); a conflict leaves no conversation behind."""
    turn = {"role": "user", "content": "a", "external_id": "1"}
    assert Conversation.objects.start(owner, [turn, turn]).message_count == 1
    with pytest.raises(ConflictingAppend):
        Conversation.objects.start(owner, [turn, {**turn, "content": "b"}])
    assert Conversation.objects.count() == 1


def test_every_value_arrives(owner):
    """Each column of a message."""
    head = Conversation.objects.start(owner, [{"role": "assistant", "content": "Hi", **EVERY_VALUE}]).head
    assert vars_of(head) == vars_of(Message.objects.get())
    assert {name: getattr(head, name) for name in EVERY_VALUE} == {**EVERY_VALUE, "cost": head.cost}


@pytest.mark.parametrize("count", [1, 128, 129])
def test_a_value_that_cannot_be_kept(owner, count):
    """Of a message or of the conversation: nothing is stored."""
    unkept = {"a": float("nan")}
    for messages, fields in (([{"role": "user", "metadata": unkept}], {}), ([], {"metadata": unkept})):
        with pytest.raises(UnstorableValue):
            Conversation.objects.start(owner, [*turns(count), *messages], **fields)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("wrong", [{"role": "nobody"}, {"role": "user", "colour": "red"}])
def test_refused(owner, wrong):
    """Nothing is stored, the conversation neither."""
    with pytest.raises(InvalidMessage):
        Conversation.objects.start(owner, [*turns(1), wrong])
    assert not Conversation.objects.exists()


def test_the_same_conversation_twice(owner):
    """The constraint of the import holds, and nothing of the second is left."""
    Conversation.objects.start(owner, turns(1), source="web", external_id="1")
    with pytest.raises(IntegrityError, match="conversation_external_id_once"), transaction.atomic():
        Conversation.objects.start(owner, turns(1), source="web", external_id="1")
    assert Message.objects.count() == 1


def test_signals(owner):
    """Who listens to save() hears of it."""
    heard = []

    def listen(instance, created, **options):
        heard.append((instance.pk, created))

    post_save.connect(listen, sender=Conversation)
    try:
        conversation = Conversation.objects.start(owner, turns(2))
    finally:
        post_save.disconnect(listen, sender=Conversation)
    assert heard == [(conversation.pk, True)]
    assert_sound(conversation)


def test_without_an_owner(db):
    """As with create()."""
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Conversation.objects.start(None, turns(1))


def test_async_twin(committed, owner):
    """astart() is the same."""
    conversation = run(Conversation.objects.astart(owner, turns(2)))
    assert_sound(conversation)
