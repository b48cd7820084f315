"""Real processes and no artificial pauses: readers and writers on the same few conversations, some of them killed, the
cache emptied under them. Random load finds none of the holes of test_attacks.py; it finds what nobody thought of."""

import mmap
import os
import random
import signal
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from aistore import cache
from aistore.cache.link import link
from aistore.models import Conversation, Message

SECONDS = 3.0
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


def read(rows: list[Conversation], known: Acknowledged, end: float) -> int:
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
    cache.stats()  # tells what this process has counted
    return 0


@pytest.mark.parametrize("fault", ["none", "the cache is emptied", "writers are killed"])
def test_nobody_reads_what_is_stale(rows: list[Conversation], fault: str) -> None:
    known, end = Acknowledged(len(rows)), time.time() + SECONDS
    connections.close_all()
    readers = [forked(lambda _: read(rows, known, end), number) for number in range(3)]
    writers = [forked(lambda _: write(rows, known, end), 10 + number) for number in range(2)]
    number = 20
    while time.time() < end:
        time.sleep(0.05)
        if fault == "the cache is emptied":
            if way := link():
                way.call(("FLUSHDB",))
        elif fault == "writers are killed":
            os.kill(writers[0], signal.SIGKILL)
            os.waitpid(writers.pop(0), 0)
            writers.append(forked(lambda _: write(rows, known, end), number := number + 1))
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in readers] == [0, 0, 0]
    assert {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in writers} == {0}
    assert min(known[place] for place in range(len(rows))) > 0
    if fault != "the cache is emptied":  # the counts are in it too
        assert cache.stats().hit_rate("last")
