from contextlib import nullcontext

import pytest

from aistore.performance.bench.timing import Times, in_turns, rate


def test_percentiles():
    """Microseconds; the slowest one is in p99 of a hundred."""
    found = Times.of([number / 1e6 for number in range(1, 101)])
    assert (found.p50, found.p95, found.p99) == pytest.approx((51, 96, 100))
    assert Times.of([1e-6]).p99 == pytest.approx(1)


def test_in_turns():
    """Each way gets each argument, once before it counts and once for it, ten by ten."""
    called = []
    ways = {name: (lambda given, name=name: called.append((name, given)), nullcontext) for name in "ab"}
    found = in_turns(ways, range(15))
    assert {name: len(times) for name, times in found.items()} == {"a": 15, "b": 15}
    assert [name for name, _ in called] == ["a"] * 20 + ["b"] * 20 + ["a"] * 10 + ["b"] * 10


def test_rate():
    """Of all threads together."""
    assert rate(lambda given: None, [1, 2, 3], threads=4, seconds=0.05, after=lambda: None) > 100


def test_a_thread_that_fails():
    """Its error is the caller's, and nobody waits for it."""
    with pytest.raises(ZeroDivisionError):
        rate(lambda given: 1 / given, [0], threads=3, seconds=0.05, after=lambda: None)
