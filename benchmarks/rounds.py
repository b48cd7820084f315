"""Time of several ways to do the same, taken in turns."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connections

ROUNDS = 3
TURN = 10  # calls of one way before the next one's: a noisy second hits all
THREADS = 16
SHIFT = 0.25  # seconds for which one way's threads work before the next one's do
PATIENCE = 60  # seconds to wait for a thread that has died

Ways = Mapping[str, Callable[[Any], Any]]


class Taken(NamedTuple):
    """Microseconds a call."""

    median: float
    processor: float  # of client and server: what no neighbour can make longer


def times(
    ways: Ways,
    arguments: Callable[[], Iterable[Any]],
    *,
    servers: Mapping[str, int] | None = None,
    turn: int = TURN,
    warm_up: int = 3,
) -> dict[str, Taken]:
    """The medians of the rounds, by way. Each way gets the same arguments; the first ``warm_up`` of them once more
    before, for connections, plans and caches. ``servers``: the process of PostgreSQL that answers each."""
    found: dict[str, list[Taken]] = {name: [] for name in ways}
    for round_number in range(ROUNDS):
        given = list(arguments())
        if not round_number:
            _one_round(ways, given[:warm_up], turn, servers or {})
        for name, taken in _one_round(ways, given, turn, servers or {}).items():
            found[name].append(taken)
    return {name: Taken(*map(statistics.median, zip(*rounds, strict=True))) for name, rounds in found.items()}


def _one_round(ways: Ways, given: list[Any], turn: int, servers: Mapping[str, int]) -> dict[str, Taken]:
    clocks: dict[str, list[float]] = {name: [] for name in ways}
    processor = dict.fromkeys(ways, 0.0)
    for start in range(0, len(given), turn):
        for name, call in ways.items():
            before = time.thread_time() + _used_by(servers.get(name))
            for argument in given[start : start + turn]:
                began = time.perf_counter()
                call(argument)
                clocks[name].append(time.perf_counter() - began)
            processor[name] += time.thread_time() + _used_by(servers.get(name)) - before
    return {
        name: Taken(statistics.median(clock) * 1e6, processor[name] / len(clock) * 1e6)
        for name, clock in clocks.items()
        if clock
    }


def _used_by(process: int | None) -> float:
    """Seconds of processor time; none where Linux does not say it, or the server is on another machine."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def rates(ways: Mapping[str, Callable[[int], Callable[[], None]]], *, seconds: float) -> dict[str, float]:
    """Calls a second of 16 threads, the median of the rounds. A way is given the number of its thread, in that
    thread, and returns what is to be called."""
    crews = {name: Crew(make) for name, make in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        before = {name: (crew.calls, crew.seconds) for name, crew in crews.items()}
        for _ in range(round(seconds / SHIFT)):
            for crew in crews.values():
                crew.work(SHIFT)
        for name, crew in crews.items():
            calls, taken = before[name]
            found[name].append((crew.calls - calls) / (crew.seconds - taken))
    for crew in crews.values():
        crew.go_home()
    return {name: statistics.median(values) for name, values in found.items()}


class Crew:
    """Threads that all do the same for a while, when told to."""

    def __init__(self, make: Callable[[int], Callable[[], None]], threads: int = THREADS) -> None:
        self._counts, self.seconds = [0] * threads, 0.0
        self._meeting, self._over, self._is_home = threading.Barrier(threads + 1), threading.Event(), False
        for number in range(threads):
            threading.Thread(target=self._live, args=[make, number], daemon=True).start()

    @property
    def calls(self) -> int:
        return sum(self._counts)

    def work(self, seconds: float) -> None:
        self._over.clear()
        self._meeting.wait(PATIENCE)
        began = time.perf_counter()
        time.sleep(seconds)
        self._over.set()
        self._meeting.wait(PATIENCE)  # every thread has finished what it had begun
        self.seconds += time.perf_counter() - began

    def go_home(self) -> None:
        self._is_home = True
        self._meeting.wait(PATIENCE)

    def _live(self, make: Callable[[int], Callable[[], None]], number: int) -> None:
        call = make(number)
        call()  # connected and planned
        while self._meeting.wait(PATIENCE) >= 0 and not self._is_home:
            while not self._over.is_set():
                call()
                self._counts[number] += 1
            self._meeting.wait(PATIENCE)
        connections.close_all()
