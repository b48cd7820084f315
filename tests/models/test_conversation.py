"""Conversations: their lists and marks, and what save() leaves alone."""

import pytest
from django.utils import timezone

from aistore.models import Conversation

from .edge_texts import every_text
from .invariants import assert_sound

pytestmark = pytest.mark.django_db


@every_text
def test_exact_text(owner, text):
    values = {"title": text, "model": text, "system_prompt": text, "source": text, "external_id": text[:255]}
    given = {**values, "tags": [text, "x"], "metadata": {text: [text, {text: text}]}}
    conversation = Conversation.objects.create(owner=owner, **given)
    stored = Conversation.objects.get(external_id=text[:255], tags__contains=[text])
    assert stored == conversation
    assert {name: getattr(stored, name) for name in given} == given


def test_owned_by(conversation, other_owner):
    assert list(Conversation.objects.owned_by(conversation.owner)) == [conversation]
    assert list(Conversation.objects.owned_by(other_owner)) == []
    assert list(conversation.owner.conversations.active()) == [conversation]


def test_marks(conversation, other):
    """Each says how many it changed; a second time there is nothing to do."""
    everything = Conversation.objects.all()
    for mark, marked, unmark in (
        ("pin", everything.pinned(), "unpin"),
        ("archive", everything.archived(), "unarchive"),
    ):
        assert (getattr(everything, mark)(), getattr(everything, mark)(), marked.count()) == (2, 0, 2)
        assert (getattr(everything, unmark)(), getattr(everything, unmark)(), marked.count()) == (2, 0, 0)


def test_active_and_archived(conversation, other):
    Conversation.objects.filter(pk=other.pk).archive()
    assert list(Conversation.objects.active()) == [conversation]
    assert list(Conversation.objects.archived()) == [other]


def test_a_mark_is_an_update(conversation):
    before = timezone.now()
    Conversation.objects.filter(pk=conversation.pk).pin()
    conversation.refresh_from_db()
    assert conversation.updated_at >= before
    assert_sound(conversation)


def test_newest(owner, conversation, other):
    """Pinned ones first, then by the last message; of two at once, the later made."""
    third = Conversation.objects.create(owner=owner)
    Conversation.objects.filter(pk=conversation.pk).pin()
    other.append("user", "Hi")
    assert list(Conversation.objects.newest()) == [conversation, other, third]
    assert list(Conversation.objects.newest(limit=1)) == [conversation]
    assert list(Conversation.objects.newest(limit=0)) == []


def test_newest_is_one_query(conversation, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert list(Conversation.objects.owned_by(conversation.owner).active().newest(before=None)) == [
            conversation
        ]


def test_str(owner):
    """The title as it can be shown, or the id."""
    conversation = Conversation(owner=owner, title="Trip\x1b to Hue" + "x" * 200)
    assert str(conversation) == ("Trip␛ to Hue" + "x" * 200)[:100]
    assert str(Conversation(pk=conversation.pk)) == str(conversation.pk)


def test_save_of_some_fields(conversation):
    """What is named is written, the counters too: for repairs."""
    conversation.message_count = 5
    conversation.title = "not this"
    conversation.save(update_fields=["message_count"])
    assert Conversation.objects.values_list("message_count", "title").get() == (5, "")


def test_save_without_some_columns(conversation):
    """Deferred columns are not read, nor written."""
    Conversation.objects.update(title="Trip to Hue")
    partial = Conversation.objects.only("model").get()
    partial.model = "gpt-5"
    partial.save()
    assert Conversation.objects.values_list("model", "title").get() == ("gpt-5", "Trip to Hue")


def test_save_writes_every_other_field(owner, other_owner):
    given = {
        "title": "a",
        "model": "b",
        "system_prompt": "c",
        "tags": ["d"],
        "is_pinned": True,
        "is_archived": True,
    }
    given |= {"metadata": {"e": 1}, "source": "f", "external_id": "g", "owner": other_owner}
    conversation = Conversation.objects.create(owner=owner)
    for name, value in given.items():
        setattr(conversation, name, value)
    conversation.save()
    stored = Conversation.objects.get()
    assert {name: getattr(stored, name) for name in given} == given
    assert stored.updated_at == conversation.updated_at
