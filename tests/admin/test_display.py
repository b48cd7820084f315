"""Values as they stand in lists."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from aistore.admin.display import ago, box, clock, isolated, line, tags


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hue", "Hue"),
        ("", ""),
        ("a\nb\t and  c ", "a b and c"),
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 9 + "…"),
        (" " * 100 + "x", "…"),
        ("\x00\x1b\ud83d", "␀␛\ufffd"),
        ("\ud83d" * 11, "\ufffd" * 9 + "…"),
    ],
)
def test_line(text, shown):
    """One line of at most so many characters, all of them printable; what is cut ends in three dots."""
    assert line(text, 10) == shown


def test_isolated_escapes():
    """Markup of a stranger is text."""
    assert isolated("<b>") == "<bdi>&lt;b&gt;</bdi>"


def test_isolated_nothing():
    """No element for no text, so that an empty cell is empty."""
    assert isolated("") == ""


def test_tags_are_escaped_and_counted():
    """The first ones are shown, how many more there are is told."""
    shown = tags(["<i>", "b", "c", "d", "e", "f"])
    assert "&lt;i&gt;" in shown
    assert "<i>" not in shown
    assert "+2" in shown


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=3), "3\xa0minutes ago"),
        (timedelta(hours=26), "1\xa0day ago"),
        (timedelta(seconds=-30), "just now"),  # a clock that runs ahead
        (timedelta(days=-2), "in 1\xa0day"),
    ],
)
def test_ago(passed, words):
    """In words, largest unit only."""
    assert f">{words}<" in ago(timezone.now() - passed)


def test_the_exact_time_is_there():
    """On hover, and for programs."""
    moment = datetime(2026, 11, 24, 12, 30, 15, 5, UTC)
    assert 'title="2026-11-24 12:30:15 UTC"' in ago(moment)
    assert 'datetime="2026-11-24T12:30:15.000005+00:00"' in clock(moment)


def test_times_without_a_zone(settings):
    """A host with USE_TZ off has naive times; they are shown as they are."""
    settings.USE_TZ = False
    assert 'title="2026-11-24 12:30:15"' in ago(datetime(2026, 11, 24, 12, 30, 15))


def test_box_is_cut():
    """A page of one row shows the beginning of what is long."""
    assert len(box("x" * 1_000_000)) < 21_000
