"""Bars, drawn on the server."""

from xml.etree import ElementTree

import pytest

from aistore.admin.plot import Bar, bars


def drawn(data, series=("a", "b"), title="t"):
    return ElementTree.fromstring(bars(data, series=series, title=title))  # noqa: S314


def heights(svg, kind):
    return [float(rect.get("height")) for rect in svg.iter("rect") if rect.get("class") == kind]


def test_heights():
    """The highest bar fills the picture; series stand upon each other."""
    svg = drawn([Bar("x", [1, 2]), Bar("y", [3, 3]), Bar("z", [0, 0])])
    assert heights(svg, "aistore-bar-0") == [16, 48, 0]
    assert heights(svg, "aistore-bar-1") == [32, 48, 0]


def test_what_is_there_is_seen():
    """One of a million is still a line."""
    assert heights(drawn([Bar("x", [1, 0]), Bar("y", [10**6, 0])]), "aistore-bar-0")[0] > 1


def test_told_on_hover_and_to_a_screen_reader():
    """Each bar has its numbers, the picture its name."""
    svg = drawn([Bar("10 March", [2, 5])], title="By day")
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "By day"
    assert next(svg.iter("title")).text == "10 March: 2 a, 5 b"


@pytest.mark.parametrize("data", [[], [Bar("x", [0, 0])]])
def test_nothing(data):
    """No rows and only zeros are a picture as well."""
    assert not any(heights(drawn(data), "aistore-bar-0"))


def test_hostile_names():
    """A label is text."""
    assert "<script>" not in bars([Bar("<script>", [1])], series=["<b>"], title='"><script>')


def test_no_style_and_no_script():
    """Under a strict Content-Security-Policy it looks the same."""
    svg = bars([Bar("x", [1])], series=["a"], title="t")
    assert "style" not in svg
    assert "script" not in svg
