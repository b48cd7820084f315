"""How fast the five most common reads are here, with and without the cache, and how the pool bears a crowd.

scratch     a database of its own, and the way there
filling     what it holds
operations  the five reads
timing      one caller, or many threads
pooling     a hundred users on one pool
table       the figures as text;  plot  as a picture
"""

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import django
from django.db import connections, router

from ...models import Conversation
from . import filling, timing
from .filling import Data
from .operations import Absent, Operation, operations
from .pooling import PAUSE, PoolFigures, under_load
from .scratch import Scratch, believe_again, free_connections, scratch
from .timing import Times

THREADS = (1, 16, 100)
POOL_MOST = 20  # connections, where the host's settings name no other number
SPARE = 10  # connections of the server that are left alone


@dataclass(frozen=True)
class Effort:
    calls: int  # of one way of one read, by one caller
    seconds: float  # of one number of threads
    pool_seconds: float
    size: filling.Size


FULL = Effort(calls=500, seconds=1.0, pool_seconds=5.0, size=filling.FULL)
QUICK = Effort(calls=50, seconds=0.1, pool_seconds=1.0, size=filling.QUICK)


@dataclass(frozen=True)
class Way:
    """``per_second``: calls, by the number of threads."""

    times: Times
    per_second: dict[int, float]


@dataclass(frozen=True)
class Row:
    """``ways``: uncached, cached (fetched from the cache), kept (decoded in the process; the cache is asked whether it
    still holds)."""

    operation: str
    ways: dict[str, Way]

    @property
    def gain(self) -> float:
        """How much shorter the median is with the cache as a host has it."""
        return self.ways["uncached"].times.p50 / self.ways["kept"].times.p50


@dataclass(frozen=True)
class Bench:
    rows: tuple[Row, ...]
    absent: tuple[Absent, ...]
    pool: tuple[PoolFigures, ...]
    place: str  # DATABASE, SCHEMA
    machine: dict[str, str]
    data: dict[str, int]
    has_cache: bool
    late: tuple[
        str, ...
    ]  # where the cache did not answer in time, so that some reads in it went to the database


def run(*, quick: bool = False, on_progress: Callable[[str], object] = lambda step: None) -> Bench:
    """Takes some two minutes, quick some ten seconds. Everything it makes is gone afterwards; until then, all reads
    and writes of this process go there. Raises NoScratch."""
    effort = QUICK if quick else FULL
    size = _pool_size()
    with scratch({"min_size": min(4, size), "max_size": size, "timeout": 30.0}) as place:
        on_progress("making data")
        data = filling.fill(place.using, effort.size, partial(on_progress, "making data"))
        found = operations(data, place.using)
        present = [one for one in found if isinstance(one, Operation)]
        late: list[str] = []
        return Bench(
            rows=tuple(_rows(present, place, effort, late, on_progress)),
            late=tuple(late),
            absent=tuple(one for one in found if isinstance(one, Absent)),
            pool=tuple(_pool(data, place, size, effort, on_progress)),
            place=place.kind,
            machine=_machine(place.using),
            data=_counts(data, effort),
            has_cache=_has_cache(),
        )


def _pool_size() -> int:
    """As the host has it, as far as the server has connections to spare."""
    wanted = connections[router.db_for_write(Conversation)].settings_dict["OPTIONS"].get("pool")
    most = wanted.get("max_size", POOL_MOST) if isinstance(wanted, Mapping) else POOL_MOST
    return max(2, min(most, free_connections() - SPARE))


def _rows(
    present: list[Operation],
    place: Scratch,
    effort: Effort,
    late: list[str],
    on_progress: Callable[[str], object],
) -> Iterator[Row]:
    for operation in present:
        on_progress(operation.name)
        times = timing.in_turns(operation.ways, _arguments(operation, effort.calls))
        _note_if_late(late, f"{operation.name}, one caller")
        yield Row(
            operation.name,
            {
                way: Way(Times.of(times[way]), _rates(operation, way, place, effort, late))
                for way in operation.ways
            },
        )


def _arguments(operation: Operation, count: int) -> list[Any]:
    """All of them, over and over."""
    given = operation.arguments
    return [given[number % len(given)] for number in range(count)]


def _rates(
    operation: Operation, way: str, place: Scratch, effort: Effort, late: list[str]
) -> dict[int, float]:
    """Each thread gives its connection back after each call, as a request does."""
    call, inside = operation.ways[way]
    found: dict[int, float] = {}
    for threads in THREADS:
        with inside():
            found[threads] = timing.rate(
                call,
                operation.arguments,
                threads=threads,
                seconds=effort.seconds,
                after=lambda: connections[place.using].close(),
            )
        _note_if_late(late, f"{operation.name}, {way}, {threads} threads")
    return found


def _note_if_late(late: list[str], where: str) -> None:
    if believe_again():
        late.append(where)


def _pool(
    data: Data, place: Scratch, size: int, effort: Effort, on_progress: Callable[[str], object]
) -> Iterator[PoolFigures]:
    """Below what it can bear, and above."""
    for pause in (PAUSE, 0.0):
        on_progress("pool under 100 users")
        yield under_load(data, place.using, size, pause=pause, seconds=effort.pool_seconds)


def _machine(using: str) -> dict[str, str]:
    """What the figures depend on; no name of a host, user or database."""
    version = getattr(connections[using], "pg_version", 0)
    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": f"{version // 10_000}.{version % 10_000}",
        "processors": str(os.cpu_count()),
    }


def _counts(data: Data, effort: Effort) -> dict[str, int]:
    return {
        "owners": len(data.owners),
        "conversations": len(data.conversations),
        "messages": data.messages,
        "memories": effort.size.owners * effort.size.memories,
    }


def _has_cache() -> bool:
    from ...cache import stats

    return stats().used_memory is not None
