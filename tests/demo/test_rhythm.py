"""When people talk."""

import datetime as dt
from random import Random

from aistore.demo.rhythm import DAYS, Rhythm


def moments(now, count=5_000):
    rhythm, random = Rhythm(now), Random(1)
    return [rhythm.moment(random) for _ in range(count)]


def test_within_the_days(now):
    """Never in the future, never before the first day; the last day is not empty."""
    times = moments(now)
    assert now - dt.timedelta(days=DAYS) <= min(times)
    assert now - dt.timedelta(days=1) < max(times) < now


def test_weekends_are_quiet(now):
    """A Saturday has less than two thirds of a Tuesday."""
    days = [time.weekday() for time in moments(now)]
    assert days.count(5) < days.count(1) * 2 / 3


def test_nights_are_quiet(now):
    """Between 2 and 5 there is a tenth of what there is between 9 and 12."""
    hours = [time.hour for time in moments(now)]
    assert sum(2 <= hour < 5 for hour in hours) < sum(9 <= hour < 12 for hour in hours) / 10


def test_grows(now):
    """The second half has more than the first."""
    middle = now - dt.timedelta(days=DAYS / 2)
    times = moments(now)
    assert sum(time > middle for time in times) > len(times) * 0.53
