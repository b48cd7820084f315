"""Counts under a bounded number of names."""

import random

import pytest

from aistore.performance.tally import OTHER, Tallies, Tally


def tally(*seconds, **options):
    made = Tally()
    for one in seconds:
        made.add(one, **options)
    return made


def test_figures():
    """Counts, sums and the longest are exact."""
    figures = tally(0.1, 0.2, 0.6, is_failed=True, rows=2).figures("x")
    assert (figures.name, figures.count, figures.errors, figures.slow, figures.rows) == ("x", 3, 3, 0, 6)
    assert (figures.total, figures.mean, figures.max) == pytest.approx((0.9, 0.3, 0.6))
    assert figures.p50 == pytest.approx(0.2, rel=0.05)
    assert figures.p99 == pytest.approx(0.6, rel=0.05)


def test_nothing():
    """Zeros, and no division by them."""
    figures = tally().figures("")
    assert (figures.count, figures.mean, figures.p99, figures.max, figures.error_rate) == (0, 0, 0, 0, 0)


def test_two_make_one():
    """Taken in, the figures are those of all durations together."""
    dice = random.Random(1)
    durations = [dice.expovariate(10) for _ in range(500)]
    one, other = tally(*durations[:200]), tally(*durations[200:])
    one.take_in(other)
    together, all_at_once = one.figures(""), tally(*durations).figures("")
    assert together.total == pytest.approx(all_at_once.total)
    assert (together.p50, together.p99, together.max) == (all_at_once.p50, all_at_once.p99, all_at_once.max)


def test_bounded():
    """The least recently used names give way; what was counted under them stays."""
    tallies = Tallies(most=3)
    for name in ("a", "b", "c", "a", "d", "e", "a"):
        tallies.of(name).add(0.1)
    found = {name: tally.count for name, tally in tallies.items()}
    assert found["a"] == 3
    assert len(found) <= 4
    assert sum(found.values()) == 7
    assert found[OTHER] == 2
