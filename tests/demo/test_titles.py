"""Titles from what the user said first."""

from random import Random

import pytest

from aistore.demo.titles import LENGTH, shortened, title_from


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("oh. Good thing I asked.\n\nOk.", "Good thing I asked"),
        ("yes!", "yes!"),
        ("The invoice says 73.31 and was paid twice.", "The invoice says 73.31 and was paid twice"),
        ("## How do I boil\nan", "How do I boil"),
    ],
)
def test_title(text, title):
    """A sentence that says something, without the marks around it."""
    assert title_from(text, Random(1)) == title


def test_first_sentences():
    """What comes later is not what the conversation is about."""
    text = "How long does rice boil? It is basmati rice. My grandmother used a clock."
    titles = {title_from(text, Random(number)) for number in range(50)}
    assert titles == {"How long does rice boil?", "It is basmati rice"}


def test_cut_between_words():
    """A long one ends with a whole word."""
    assert shortened("word " * 20) == "word word word word word word word word word…"


def test_cut_where_there_are_no_spaces():
    """Chinese has none; a Thai mark stays with its letter."""
    assert shortened("字" * 60) == "字" * LENGTH + "…"
    assert shortened("ก" * (LENGTH - 1) + "ที่" * 9) == "ก" * (LENGTH - 1) + "…"


def test_written(conversations):
    """No title out of the demo's own questions is empty or too long."""
    questions = [
        message.content for one in conversations for message in one.messages if message.role == "user"
    ]
    titles = [title_from(question, Random(1)) for question in questions]
    assert all(0 < len(title) <= LENGTH + 1 for title in titles)
