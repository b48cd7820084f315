import re

from aistore.performance import plots
from aistore.performance.plots import SHARE, Point, bar, decades, lines


def points(*values):
    return [Point(number / 10, (value,), f"at {number}") for number, value in enumerate(values)]


def strokes(picture):
    """The steps of the first line."""
    return re.search(r'class="aistore-line-0"[^>]* d="([^"]*)"', picture)[1].split(" L")


def test_a_line():
    """From the bottom to the top of the picture."""
    picture = lines(points(0.0, 1.0), SHARE, gap=0.1, title="hits")
    assert strokes(picture) == [f"M0 {plots.HEIGHT}H0", "60 0"]


def test_a_gap_where_nothing_was_measured():
    """No line is drawn over what nobody knows."""
    gap = [Point(0.0, (0.5,), ""), Point(0.1, (0.5,), ""), Point(0.9, (0.5,), "")]
    assert lines(gap, SHARE, gap=0.1, title="").count("M") == 1 + 2  # the grid's, and two strokes
    assert lines(points(0.5, None, 0.5), SHARE, gap=0.1, title="").count("M") == 1 + 2


def test_tells_its_numbers_escaped():
    """On hover; names come from strangers."""
    picture = lines([Point(0, (1,), "<b>")], SHARE, gap=0.1, title='"<i>')
    assert "<title>&lt;b&gt;</title>" in picture
    assert 'aria-label="&quot;&lt;i&gt;"' in picture


def test_nothing_of_a_page_in_it():
    """No script, no style: it stands under a strict policy."""
    picture = lines(points(0.1, 0.9), SHARE, gap=0.1, title="x") + bar(0.5)
    assert not re.search(r"<script|style=| on\w+=|href", picture)


def test_decades():
    """Around the values, each step ten times the one below."""
    scale = decades([0.0004, 0.02])
    assert scale.labels == ("100 ms", "10 ms", "1 ms", "100 µs")
    assert (scale.height(0.1), scale.height(0.0001)) == (1.0, 0.0)
    assert decades([]).labels == ("10 ms", "1 ms")
    assert decades([5.0, 200.0]).labels == ("1000 s", "100 s", "10 s", "1 s")


def test_a_bar_of_parts():
    """One after the other, and never longer than the whole."""
    widths = re.findall(r'width="([\d.]+)" height', bar(0.5, 0.25, 9.0))
    assert [float(width) for width in widths] == [300, 150, 150]
