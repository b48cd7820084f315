"""The place where the words are, as HTML that can be put into a page."""

import re

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from aistore.search.query import parse
from aistore.search.snippets import LENGTH, snippet

LONG = "Nothing to see here. " * 50


def marked(text, typed):
    return re.findall("<mark>(.*?)</mark>", snippet(text, parse(typed)))


MARKED = {
    "hue": ("The night train to Huế", ["Huế"]),
    "duong": ("Đường phố", ["Đường"]),
    "graph": ("PostgreSQL-Graphs", ["Graphs"]),
    "gresql": ("PostgreSQL-Graphs", ["greSQL"]),
    "北京": ("我们去北京天气", ["北京"]),
    "タワー": ("東京タワーへ行く", ["タワー"]),
    "running": ("He runs, she had run", ["runs", "run"]),
    "night -train": ("night train", ["night"]),
    "???": ("Why???", ["???"]),
    "tea": ("Steam, tea and TEA", ["tea", "TEA"]),
}


@pytest.mark.parametrize(("typed", "found"), MARKED.items(), ids=ascii)
def test_marks(typed, found):
    """Whole words first, then pieces of words, then what a stemmer may have found."""
    text, marks = found
    assert marked(text, typed) == marks


def test_the_place_is_shown():
    """Of a long text, with a sign at both ends."""
    shown = snippet(f"{LONG}Here is the needle that was lost. {LONG}", parse("needle"))
    assert "<mark>needle</mark>" in shown
    assert (shown[0], shown[-1]) == ("…", "…")
    assert len(shown) < LENGTH + 40


def test_where_most_words_are():
    """Not where the first of them is."""
    shown = snippet(f"A train. {LONG}The night train to Hue. {LONG}", parse("night train hue"))
    assert "<mark>night</mark> <mark>train</mark> to <mark>Hue</mark>" in shown


def test_nothing_to_mark():
    """The beginning is shown."""
    assert snippet("Plain text", parse("other")) == "Plain text"


def test_html_is_escaped():
    """In front of, inside and behind the marks; a page may take it as it is."""
    shown = snippet("<b>a</b> <script>alert('x')</script> & <mark>", parse("script>alert"))
    assert isinstance(shown, SafeString)
    assert re.sub("</?mark>", "", shown) == (
        "&lt;b&gt;a&lt;/b&gt; &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &lt;mark&gt;"
    )


def test_direction_and_control():
    """Nothing turns the page around or rings a bell."""
    assert snippet("a\u202eb\u2067c\x07d\ud800e", parse("zz")) == "abc␇d\ufffde"


@given(
    text=st.text(st.characters(exclude_categories=())), typed=st.text(st.characters(exclude_categories=()))
)
def test_any_text(text, typed):
    """Whatever is searched in whatever: marks come in pairs, and no other tag is left."""
    shown = snippet(text, parse(typed))
    assert re.sub("<mark>|</mark>", "", shown).count("<") == 0
    assert shown.count("<mark>") == shown.count("</mark>")
