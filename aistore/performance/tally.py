"""Counts and durations under one name, and a bounded number of names."""

from collections.abc import Iterator

import msgspec

from . import histogram
from .figures import Figures

MOST_NAMES = 200  # in each process and window; some 300 bytes each, and the names
OTHER = "(others)"  # what those are counted under that had to go


class Tally(msgspec.Struct, array_like=True):
    count: int = 0
    errors: int = 0
    slow: int = 0
    rows: int = 0
    total: float = 0.0  # seconds
    max: float = 0.0
    buckets: dict[int, int] = {}

    def add(self, seconds: float, *, is_failed: bool = False, is_slow: bool = False, rows: int = 0) -> None:
        self.count += 1
        self.errors += is_failed
        self.slow += is_slow
        self.rows += rows
        self.total += seconds
        if seconds > self.max:
            self.max = seconds
        number = histogram.bucket(seconds)
        self.buckets[number] = self.buckets.get(number, 0) + 1

    def take_in(self, other: "Tally") -> None:
        self.count += other.count
        self.errors += other.errors
        self.slow += other.slow
        self.rows += other.rows
        self.total += other.total
        self.max = max(self.max, other.max)
        for number, count in other.buckets.items():
            self.buckets[number] = self.buckets.get(number, 0) + count

    def copied(self) -> "Tally":
        return Tally(self.count, self.errors, self.slow, self.rows, self.total, self.max, dict(self.buckets))

    def figures(self, name: str) -> Figures:
        # The middle of a bucket may lie beyond the longest that was seen.
        p50, p95, p99 = (
            min(histogram.quantile(self.buckets, share), self.max) for share in (0.5, 0.95, 0.99)
        )
        mean = self.total / self.count if self.count else 0.0
        return Figures(
            name, self.count, self.errors, self.slow, self.rows, self.total, mean, p50, p95, p99, self.max,
            dict(self.buckets),
        )  # fmt: skip


class Tallies:
    """By name; the least recently used give way, and their counts stay under OTHER. Not locked: its owner is."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._of: dict[str, Tally] = {}  # in the order of use, the latest at the end

    def of(self, name: str) -> Tally:
        tally = self._of.pop(name, None)
        if tally is None:
            if len(self._of) >= self._most and name != OTHER:
                self._make_room()
            tally = Tally()
        self._of[name] = tally
        return tally

    def take_in(self, other: "dict[str, Tally]") -> None:
        for name, tally in other.items():
            self.of(name).take_in(tally)

    def items(self) -> Iterator[tuple[str, Tally]]:
        return iter(self._of.items())

    def __len__(self) -> int:
        return len(self._of)

    def _make_room(self) -> None:
        oldest = next(name for name in self._of if name != OTHER)
        self.of(OTHER).take_in(self._of.pop(oldest))
