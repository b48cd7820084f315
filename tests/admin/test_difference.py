"""What an edit changed."""

import pytest

from aistore.admin.difference import MOST_WORDS, difference


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("I live in Hue", "I live in Huế", "I live in <del>Hue</del><ins>Huế</ins>"),
        ("你好吗", "你很好吗", "你<ins>很</ins>好吗"),
        ("", "<b>", "<ins>&lt;b&gt;</ins>"),
        ("a b", "a", "a<del> b</del>"),
        ("same", "same", ""),
        ("a " * MOST_WORDS, "b " * MOST_WORDS, ""),
        ("a " * MOST_WORDS + "x", "a " * MOST_WORDS + "y", "a " * MOST_WORDS + "<del>x</del><ins>y</ins>"),
    ],
    ids=["word", "letter", "escaped", "gone", "equal", "too long", "long but alike"],
)
def test_difference(before, after, shown):
    """Word by word, escaped; nothing where comparing would take too long."""
    assert difference(before, after) == shown
