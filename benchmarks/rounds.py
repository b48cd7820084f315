"""Time of several ways to do the same, taken in turns."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROUNDS = 3
TURN = 10  # calls of one way before the next one's: a noisy second hits all
THREADS = 16

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


def rates(
    ways: Mapping[str, Callable[[int], Callable[[], None]]], *, seconds: float, threads: int = THREADS
) -> dict[str, float]:
    """Calls a second of so many threads, the median of the rounds. A way is given the number of its thread, in that
    thread, and returns what is to be called."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, make in ways.items():
            found[name].append(_rate(make, seconds, threads))
    return {name: statistics.median(values) for name, values in found.items()}


def _rate(make: Callable[[int], Callable[[], None]], seconds: float, threads: int) -> float:
    counts = [0] * threads
    ready, over = threading.Barrier(threads + 1), threading.Event()

    def work(number: int) -> None:
        from django.db import connections

        call = make(number)
        call()  # connected and planned
        ready.wait()
        while not over.is_set():
            call()
            counts[number] += 1
        connections.close_all()

    workers = [threading.Thread(target=work, args=[number], daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait(timeout=60)
    began = time.perf_counter()
    time.sleep(seconds)
    over.set()
    taken = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return sum(counts) / taken
