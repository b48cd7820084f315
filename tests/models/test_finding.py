"""search() of conversations: by title and by what was said."""

import datetime as dt

import pytest
from django.utils import timezone

from aistore.models import Conversation


@pytest.fixture
def mine(owner):
    return Conversation.objects.owned_by(owner)


def test_one_hit_each(conversation, mine, django_assert_num_queries):
    """With the message that fits best, its number and its snippet, in one statement."""
    _, best = conversation.extend(
        [
            {"role": "user", "content": "a train " + "and more " * 30},
            {"role": "user", "content": "Night train!"},
        ]
    )
    with django_assert_num_queries(1):
        [hit] = mine.search("night train OR train")
    assert (hit.pk, hit.hit_message_id, hit.hit_sequence_number) == (conversation.pk, best.pk, 2)
    assert hit.snippet == "<mark>Night</mark> <mark>train</mark>!"


def test_by_title(mine, owner):
    """Words, beginnings, pieces, any script; then no message is named."""
    for title in ("Trip to Huế", "北京天气", "Donaudampfschiff"):
        Conversation.objects.create(owner=owner, title=title)
    for words, title in (
        ("hue", "Trip to Huế"),
        ("tri", "Trip to Huế"),
        ("京天", "北京天气"),
        ("dampf", "Donaudampfschiff"),
    ):
        [hit] = mine.search(words)
        assert (hit.title, hit.hit_message_id, hit.hit_sequence_number) == (title, None, None)
        assert "<mark>" in hit.snippet


def test_a_letter_is_a_word(mine, owner):
    """Or each title would be found by it."""
    Conversation.objects.create(owner=owner, title="Concert")
    Conversation.objects.create(owner=owner, title="Vitamin C")
    assert [hit.title for hit in mine.search("c ")] == ["Vitamin C"]


def test_titles_first(mine, owner, conversation):
    conversation.append("user", "night train")
    titled = Conversation.objects.create(owner=owner, title="Trains")
    assert [hit.pk for hit in mine.search("train")] == [titled.pk, conversation.pk]


def test_some_of_them(mine, owner, conversation, other):
    """Filters in front say in which conversations is searched."""
    for row in (conversation, other):
        row.append("user", "night train")
    mine.filter(pk=other.pk).archive()
    assert [hit.pk for hit in mine.active().search("train")] == [conversation.pk]
    assert [hit.pk for hit in mine.archived().search("train")] == [other.pk]
    assert [hit.pk for hit in Conversation.objects.of_everyone().archived().search("train")] == [other.pk]
    assert mine.search("train").filter(is_archived=True).count() == 1


def test_another_owners(other_owner, conversation):
    conversation.append("user", "night train")
    conversation.title = "Trains"
    conversation.save()
    assert not Conversation.objects.owned_by(other_owner).search("train")
    assert len(Conversation.objects.of_everyone().search("train")) == 1


def test_the_newer_title_first(mine, owner):
    for title in ("Train one", "Train two"):
        Conversation.objects.create(owner=owner, title=title)
    mine.filter(title="Train one").update(last_message_at=timezone.now() - dt.timedelta(days=60))
    assert [hit.title for hit in mine.search("train")] == ["Train two", "Train one"]


def test_pages(mine, owner):
    """A slice behind, and the number of all."""
    for number in range(5):
        Conversation.objects.create(owner=owner, title=f"Train {number}")
    hits = mine.search("train")
    assert hits.count() == 5
    assert len({hit.pk for page in (hits[:2], hits[2:4], hits[4:]) for hit in page}) == 5
    assert len(mine.search("train", limit=3)) == 3
