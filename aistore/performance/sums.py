"""What all processes did, added up while it is read: a day of ten processes would be a gigabyte, if it were kept.

A window is added up first, then added to the rest: of ten processes that do the same, that is a third of the work of
adding each of them to everything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from .figures import SlowQuery
from .tally import Tally
from .windows import KINDS, Content

UNNAMED = "(its name is not kept any more)"
NEVER = float("inf")


@dataclass
class Sums:
    names: Mapping[str, str] | None = None  # by key; None: there are names and no keys, of this process alone
    each: dict[str, dict[str, Tally]] = field(default_factory=lambda: {kind: {} for kind in KINDS})  # by key
    timeline: dict[str, dict[int, Tally]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )  # by window
    processes: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    slow: list[SlowQuery] = field(default_factory=list)
    began: float = NEVER  # seconds since 1970; the first that was recorded

    def name_of(self, key: str) -> str:
        return key if self.names is None else self.names.get(key, UNNAMED)

    def take_in(self, number: int, shares: list[tuple[str, Content]]) -> None:
        """One window of all processes."""
        for process, content in shares:
            self.slow += content.slow
            self.began = min(self.began, content.began)
            for kind in KINDS:
                if content.tallies.get(kind):
                    self.processes[kind].add(process)
        for kind in KINDS:
            window = _added([content.tallies.get(kind, {}) for _, content in shares])
            if not window:
                continue
            total = self.timeline[kind].setdefault(number, Tally())
            for key, tally in window.items():
                self.each[kind].setdefault(key, Tally()).take_in(tally)
                total.take_in(tally)


def added_up(shares: Iterable[tuple[int, str, Content]]) -> Sums:
    """Of windows one after the other: number, process, and what it saw then."""
    sums = Sums()
    for number, together in groupby(shares, key=lambda share: share[0]):
        sums.take_in(number, [(process, content) for _, process, content in together])
    return sums


def _added(all_tallies: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    window: dict[str, Tally] = {}
    for tallies in all_tallies:
        for key, tally in tallies.items():
            if key in window:
                window[key].take_in(tally)
            else:
                window[key] = tally.copied()
    return window
