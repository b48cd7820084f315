"""Durations by size: quantiles within 5 %, of any mixture."""

import random

import pytest

from aistore.performance import histogram


def counted(durations):
    return histogram.merged([{histogram.bucket(seconds): 1} for seconds in durations])


@pytest.mark.parametrize("seconds", [1e-6, 1.3e-5, 0.001, 0.2, 1.0, 17.0, 300.0])
def test_middle_of_a_bucket(seconds):
    """At most 4.5 % off."""
    assert histogram.quantile(counted([seconds]), 0.5) == pytest.approx(seconds, rel=0.046)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_quantile(share):
    """That of the buckets is that of the durations."""
    dice = random.Random(share)
    durations = sorted(dice.lognormvariate(-6, 1.5) for _ in range(2000))
    exact = durations[int(share * 2000)]
    assert histogram.quantile(counted(durations), share) == pytest.approx(exact, rel=0.06)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, 1e9])
def test_out_of_bounds(seconds):
    """Nothing is too short or too long: a clock may be set back."""
    assert 0 <= histogram.bucket(seconds) <= histogram.MOST


def test_up_to():
    """What Prometheus calls le: never more than there are, and all in the end."""
    counts = counted([0.001, 0.01, 0.1, 1.0])
    assert [histogram.count_up_to(counts, limit) for limit in (0.0005, 0.05, 0.5, 10)] == [0, 2, 3, 4]


def test_none():
    """No durations, no quantile."""
    assert histogram.quantile({}, 0.5) == 0.0
