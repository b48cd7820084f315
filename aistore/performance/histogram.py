"""Durations by size, in buckets that grow by a factor: small, exact to 5 %, and two of them add up to one."""

import math
from collections.abc import Iterable, Mapping

PER_DOUBLING = 8  # buckets; each is 9 % wider than the one before, so its middle is at most 4.5 % off
SMALLEST = 1e-6  # seconds; what is shorter counts as this
MOST = 30 * PER_DOUBLING  # 2**30 µs, some 18 minutes; what is longer counts as this


def bucket(seconds: float) -> int:
    if seconds <= SMALLEST:
        return 0
    return min(int(math.log2(seconds / SMALLEST) * PER_DOUBLING), MOST)


def upper_bound(number: int) -> float:
    """Seconds."""
    return SMALLEST * 2.0 ** ((number + 1) / PER_DOUBLING)


def merged(counts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for one in counts:
        for number, count in one.items():
            total[number] = total.get(number, 0) + count
    return total


def quantile(counts: Mapping[int, int], share: float) -> float:
    """Seconds below which this share of the durations lies; 0 where there are none."""
    wanted = share * sum(counts.values())
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= wanted:
            return SMALLEST * 2.0 ** ((number + 0.5) / PER_DOUBLING)
    return 0.0


def count_up_to(counts: Mapping[int, int], seconds: float) -> int:
    """How many durations lie in buckets that end at or before this: what Prometheus asks for with ``le``."""
    return sum(count for number, count in counts.items() if upper_bound(number) <= seconds * 1.0001)
