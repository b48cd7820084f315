"""What a person types, taken apart."""

import pytest

from aistore.search.query import LONGEST_TERM, MOST_TERMS, parse

TYPED = {
    "night train": ["+night", "*train"],
    "night train ": ["+night", "+train"],
    '"night train"': ["+night train"],
    '"night train': ["+night train"],
    "“night train” hue ": ["+night train", "+hue"],
    "night -train": ["+night", "-train"],
    'night -"to hue"': ["+night", "-to hue"],
    "tea OR coffee ": ["+tea", "|", "+coffee"],
    "tea or -coffee": ["+tea"],
    "or": ["*or"],
    "tea or": ["+tea"],
    "-tea": [],
    "--force": ["*--force"],
    "C++ ": ["+C++"],
    "a|b": ["*a|b"],
    "a\x00b\ud800\ufdd00000": ["+a", "+b", "*0000"],
    "": [],
    "   ": [],
    '""': [],
}


@pytest.mark.parametrize(("typed", "items"), TYPED.items(), ids=ascii)
def test_items(typed, items):
    """Each term behind its sign, as the database takes it."""
    assert parse(typed).items == items


def test_none_is_nothing():
    assert not parse(None)


def test_many_words():
    """The first ones are looked for."""
    assert len(parse("word " * 200).items) == MOST_TERMS


def test_a_long_word():
    """Its beginning is looked for, since no lexeme is so long."""
    assert parse("x" * 10_000).items == ["*" + "x" * LONGEST_TERM]


def test_pieces_of_alternatives():
    """All of one alternative, or all of another; what is unwanted must not be there."""
    assert parse("tea -milk OR coffee ").contained("f") == (
        "((strpos(f, aistore_fold(%s)) > 0 AND strpos(f, aistore_fold(%s)) = 0)"
        " OR (strpos(f, aistore_fold(%s)) > 0))",
        ["tea", "milk", "coffee"],
    )


def test_fragments_are_asked_for_exactly():
    """From three characters on; where one alternative has none, all of its hits are taken."""
    assert parse("天气怎么样").exact("f") == ("((strpos(f, aistore_fold(%s)) > 0))", ["天气怎么样"])
    assert parse("天气").exact("f") is None
    assert parse("天气怎么样 OR tea").exact("f") is None
