"""Find in a conversation."""

import pytest
from django.http import QueryDict

from aistore.admin.finding import MOST_HITS, finding_in


def found(conversation, words, **query):
    given = QueryDict(mutable=True)
    given.update({"find": words, **query})
    return finding_in(conversation, given)


@pytest.fixture
def said(conversation):
    conversation.append("user", "Will it RAIN in Huế? 100%_")
    parts = [
        {"type": "reasoning", "text": "He means the rain."},
        {"type": "tool_call", "id": "c", "name": "forecast"},
    ]
    conversation.append("assistant", "Yes.", parts=parts)
    conversation.append("user", "NUL \x00 and \ud83d")
    return conversation


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("rain", [1, 2]),
        ("forecast", [2]),
        ("huế?", [1]),
        ("0%_", [1]),
        ("%", [1]),
        ("text", []),
        ("reasoning", []),
        ("nowhere", []),
        ("NUL \x00", [4]),
    ],
)
def test_what_is_found(said, words, numbers):
    """Characters, in any case, also in reasoning and calls; not the names of keys and kinds."""
    assert [hit.number for hit in found(said, words).hits] == numbers


def test_a_hit(said):
    """Its words, with what stands around them."""
    hit = found(said, "rain").hits[0]
    assert (hit.before, hit.match, hit.after) == ("Will it ", "RAIN", " in Huế? 100%_")
    assert hit.url == "?at=1&find=rain#message-1"


def test_another_conversation(said, owner):
    """Nobody else's messages."""
    other = type(said).objects.create(owner=owner)
    assert found(other, "rain").hits == []


def test_many(conversation):
    """A page of them, and the way to the next."""
    conversation.extend({"role": "user", "content": "rain"} for _ in range(MOST_HITS + 5))
    first = found(conversation, "rain")
    assert (len(first.hits), first.more_url) == (MOST_HITS, f"?found_after={MOST_HITS}&find=rain")
    assert len(found(conversation, "rain", found_after=str(MOST_HITS)).hits) == 5


@pytest.mark.parametrize("words", ["", "  "])
def test_nothing_to_find(said, words):
    """No search."""
    assert found(said, words) is None


def test_reading_a_hit(said, django_assert_num_queries):
    """Somebody who has followed a hit does not wait for the search again."""
    with django_assert_num_queries(0):
        assert found(said, "rain", at="1").hits is None
