"""Real processes and no artificial pauses: readers and writers on the same few conversations, some of them killed, the
cache emptied under them. Random load finds none of the holes of test_attacks.py; it finds what nobody thought of."""

import mmap
import os
import random
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connections

from aistore import cache
from aistore.cache.link import PAUSE, link
from aistore.models import Conversation, Message

from ...faults.valkey import RESTORED, Valkey, use

# AISTORE_STRESS_SECONDS=60 makes a minute of each; with -s it says how many reads that were.
SECONDS = float(os.environ.get("AISTORE_STRESS_SECONDS", "3"))
# Where the cache goes away: short, so that it is believed again before the next time, but longer than a process that
# found it down leaves it alone.
LEASE = 2.5
GONE = 0.5  # seconds, several times the timeout: everybody notices
NUMBER = struct.Struct("q")


class Acknowledged:
    """The last number that a writer was told, by conversation: shared by the processes, and only ever greater."""

    def __init__(self, count: int) -> None:
        self._memory = mmap.mmap(-1, NUMBER.size * count)

    def __getitem__(self, place: int) -> int:
        return int(NUMBER.unpack_from(self._memory, NUMBER.size * place)[0])

    def raise_to(self, place: int, number: int) -> None:
        while self[place] < number:
            NUMBER.pack_into(self._memory, NUMBER.size * place, number)


@pytest.fixture
def own_valkey(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    server.start()
    use(server.socket, settings)
    yield server
    server.kill()
    caches["default"].client.disconnect()  # type: ignore[attr-defined]


@pytest.fixture
def rows(owner: Any) -> list[Conversation]:
    return [Conversation.objects.create(owner=owner) for _ in range(3)]


def forked(work: Callable[[int], int], number: int) -> int:
    """The process; its exit status is what ``work`` returns."""
    child = os.fork()
    if not child:
        try:
            random.seed(number)
            os._exit(work(number))
        finally:
            os._exit(99)
    return child


def write(rows: list[Conversation], known: Acknowledged, end: float) -> int:
    while time.time() < end:
        place = random.randrange(len(rows))
        message = Conversation.objects.get(pk=rows[place].pk).append("user", "x")
        known.raise_to(place, message.sequence_number)
    return 0


def read(rows: list[Conversation], known: Acknowledged, reads: Acknowledged, number: int, end: float) -> int:
    """1: stale, 2: back to an older version, 3: a torn list, 4: a stale list of conversations."""
    seen = [0] * len(rows)
    while time.time() < end:
        place = random.randrange(len(rows))
        at_least = known[place]
        numbers = [m.sequence_number for m in Message.objects.cached.last(rows[place].pk, 20)]
        newest = numbers[-1] if numbers else 0
        if newest < at_least:
            return 1
        if newest < seen[place]:
            return 2
        if numbers != list(range(newest - len(numbers) + 1, newest + 1)):
            return 3
        seen[place] = newest
        before = [known[other] for other in range(len(rows))]
        counts = {row.id: row.message_count for row in Conversation.objects.cached.newest(rows[0].owner_id)}
        if any(counts[row.pk] < count for row, count in zip(rows, before, strict=True)):
            return 4
        reads.raise_to(number, reads[number] + 2)
    cache.stats()  # tells what this process has counted
    return 0


class Crowd:
    """Three readers and two writers, each a process, for so many seconds."""

    def __init__(self, rows: list[Conversation], *, seconds: float = SECONDS) -> None:
        self.rows, self.known, self.reads = rows, Acknowledged(len(rows)), Acknowledged(3)
        self.end = time.time() + seconds
        self.born = 20
        connections.close_all()
        self.readers = [
            forked(lambda number: read(rows, self.known, self.reads, number, self.end), number)
            for number in range(3)
        ]
        self.writers = [self.writer() for _ in range(2)]

    def writer(self) -> int:
        self.born += 1
        return forked(lambda _: write(self.rows, self.known, self.end), self.born)

    def kill_a_writer(self) -> None:
        os.kill(self.writers[0], signal.SIGKILL)
        os.waitpid(self.writers.pop(0), 0)
        self.writers.append(self.writer())

    def has_read_nothing_stale(self) -> None:
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in self.readers] == [0, 0, 0]
        assert {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in self.writers} == {0}
        appended = sum(self.known[place] for place in range(len(self.rows)))
        assert appended > 0
        reads = sum(self.reads[number] for number in range(3))
        say(f" {reads:,} reads beside {appended:,} appends; {self.born - 22} writers killed")


def say(text: str) -> None:
    sys.stdout.write(f"{text} ")


def test_a_hot_writer(rows: list[Conversation]) -> None:
    Crowd(rows).has_read_nothing_stale()
    assert cache.stats().hit_rate("last")


def test_writers_that_are_killed(rows: list[Conversation]) -> None:
    crowd = Crowd(rows)
    while time.time() < crowd.end:
        time.sleep(random.random() / 10)
        crowd.kill_a_writer()
    crowd.has_read_nothing_stale()


def test_a_cache_that_is_emptied(rows: list[Conversation]) -> None:
    crowd = Crowd(rows)
    while time.time() < crowd.end:
        time.sleep(0.05)
        if way := link():
            way.call(("FLUSHDB",))
    crowd.has_read_nothing_stale()


def pause(valkey: Valkey) -> None:
    with valkey.stopped():
        time.sleep(GONE)


def restart(valkey: Valkey) -> None:
    valkey.restart()


def put_an_old_copy_in_its_place(valkey: Valkey) -> None:
    valkey.save()
    time.sleep(GONE)
    valkey.restart(*RESTORED)


@pytest.mark.parametrize("fault", [pause, restart, put_an_old_copy_in_its_place])
def test_a_cache_that_goes_away(
    own_valkey: Valkey, rows: list[Conversation], fault: Any, settings: Any
) -> None:
    """Who has known the server before does not believe what an old copy of it says."""
    settings.AISTORE = {"CACHE_LEASE": LEASE}
    Message.objects.cached.last(rows[0].pk)
    crowd, times = Crowd(rows, seconds=max(SECONDS, 2 * LEASE)), 0
    while time.time() < crowd.end - LEASE:
        fault(own_valkey)
        times += 1
        time.sleep(LEASE + PAUSE)
    crowd.has_read_nothing_stale()
    say(f"{times} times")
