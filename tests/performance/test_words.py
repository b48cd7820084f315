import datetime as dt

import pytest

from aistore.performance.words import ago, duration, moment, share, size, span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.000012, "12 µs"), (0.0034, "3.4 ms"), (1.234, "1.23 s"), (0, "0 µs"), (1234.5, "1,234.50 s")],
)
def test_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (1536, "1.5 kB"), (5 * 1024**4, "5.0 TB")])
def test_size(count, words):
    assert size(count) == words


def test_share():
    assert (share(0.876), share(None)) == ("87.6%", "-")


def test_moment():
    assert moment(dt.datetime(2026, 11, 24, 12, 0, 5, 9, tzinfo=dt.UTC)) == "2026-11-24T12:00:05Z"
    assert moment(None) == "never"


@pytest.mark.parametrize(
    ("text", "minutes"), [("15m", 15), ("1h", 60), ("1d", 1440), ("90", 90), (" 2h ", 120)]
)
def test_span(text, minutes):
    assert span(text) == dt.timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "0m", "2d", "-1h", "1y", "h", "1h30m", "9999999999h", "１h", "nan"])
def test_no_span(text):
    """One line that says what would be one."""
    with pytest.raises(ValueError, match="write 15m, 1h or 1d"):
        span(text)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(60, "last hour"), (1440, "last day"), (15, "last 15 minutes"), (360, "last 6 hours")],
)
def test_ago(minutes, words):
    assert ago(dt.timedelta(minutes=minutes)) == words
