"""Code in colours: every character stays, and it ends."""

import re
from html import unescape

import pytest

from aistore.admin.typesetting import Budget, code
from aistore.admin.typesetting.highlighting import LANGUAGES, LONGEST_LINE, MOST_CHARACTERS

STRANGE = (
    '<!-- "\'`${{(( \\ /* // # = --\n\t\u202e字\U0001f600\x85\u2028 0x 1e9 @a :b <?php <% {% q( R"( r#"\n' * 3
)


def plain(html):
    return unescape(re.sub(r"</?span[^>]*>", "", html))


@pytest.mark.parametrize("language", sorted({*LANGUAGES.values()}))
def test_no_character_is_lost(language):
    """Whatever a lexer takes it for."""
    assert plain(code(STRANGE, language, Budget(seconds=9))) == STRANGE


@pytest.mark.parametrize(
    "text", ["x" * (LONGEST_LINE + 1), "x\n" * MOST_CHARACTERS, ""], ids=["wide", "long", "empty"]
)
def test_too_dear(text):
    """No colours."""
    assert code(text, "python", Budget()) == text


def test_it_ends(monkeypatch):
    """When the time is over, the rest is text: some take the square of it."""
    text = "a\n" * 4900
    assert plain(code(text, "csharp", Budget(seconds=0.02))) == text
