"""The texts of a page, as far as its budget goes."""

import pytest

from aistore.admin.blocks import Text
from aistore.admin.printing import FOLDED_FROM, SHOWN_OF_FOLDED, good_split, print_text
from aistore.admin.typesetting import Budget


def printed(text, budget=None, **options):
    made = Text.of(text, **options)
    print_text(made, budget or Budget())
    return made


def test_a_long_text_is_folded():
    """It begins in sight, between two paragraphs; the rest is there."""
    text = ("x" * 98 + "\n\n") * 300
    folded = printed(text, form="plain")
    assert folded.start + folded.rest == text
    assert folded.start.endswith("\n\n")
    assert len(folded.start) <= SHOWN_OF_FOLDED


def test_up_to_the_limit_nothing_is_folded():
    """A text of 20,000 characters is shown whole."""
    assert printed("x" * FOLDED_FROM, form="plain").rest == ""
    assert printed("x" * (FOLDED_FROM + 1), form="plain").rest


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_not_inside_code(fence):
    """Half a block of code is none."""
    text = "a\n\n" * 1000 + f"{fence}\n" + "code\n\n" * 2000
    assert good_split(text) == 3000


def test_what_a_page_has_room_for():
    """Beyond it a text is cut, and says so."""
    budget = Budget(characters=10)
    assert (printed("x" * 8, budget, form="plain").start, printed("x" * 8, budget, form="plain").is_cut) == (
        "x" * 8,
        True,
    )


def test_late():
    """What is not set in type keeps its own lines."""
    assert printed("*a*", Budget(seconds=0)).start_class == "aistore-text"
    assert printed("*a*").start_class == "aistore-markdown"
