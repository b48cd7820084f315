"""The windows of all processes, in the cache.

On a socket of its own: what is late here must not make anybody doubt the stamps of cached reads, and a report that
reads a megabyte may take longer than a cached read.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from ..cache.link import Link, link
from ..cache.wire import TROUBLE, Command, Wire
from ..conf import settings
from .windows import SECONDS, Content, Packed, unpack

DAY = 24 * 3600
KEPT_SECONDS = DAY
AT_A_TIME = 12  # windows in one round trip
PATIENCE = 5  # times CACHE_TIMEOUT: nobody waits for a background thread


class CacheGone(Exception):
    """There is no cache, or it did not answer. Never leaves this package."""


class Store:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._way: Link | None = None  # that the wire belongs to
        # By window: a cache that has put them out to make room knows them again after five minutes.
        self._names_sent: set[tuple[int, str]] = set()

    def save(self, process: str, packed: Sequence[Packed], *, seconds: float | None = None) -> bool:
        """False: nobody was told."""
        try:
            commands = list(self._savings(process, packed))
            replies = self.exchange(*commands, seconds=seconds)
        except CacheGone:
            return False
        if any(isinstance(reply, Exception) for reply in replies):  # no memory is left there
            return False
        if self._was_emptied(commands, replies):
            self._names_sent = set()
            return self.save(process, packed, seconds=seconds)
        self._names_sent = {(one.number, name_key) for one in packed for name_key in one.names}
        return True

    def _was_emptied(self, commands: Sequence[Command], replies: Sequence[Any]) -> bool:
        """Whether a window that had been told is new to the cache. Then the names are gone as well."""
        told = {key(f"w:{number}") for number, _ in self._names_sent}
        return any(
            command[1] in told and reply == 1
            for command, reply in zip(commands, replies, strict=True)
            if command[0] == "HSET"
        )

    def windows(self, first: int, last: int) -> Iterator[tuple[int, str, Content]]:
        """Window number, process, and what it saw then. CacheGone."""
        for start in range(first, last + 1, AT_A_TIME):
            part = range(start, min(start + AT_A_TIME, last + 1))
            replies = self.exchange(*[("HGETALL", key(f"w:{number}")) for number in part])
            for number, reply in zip(part, replies, strict=True):
                for process, data in pairs(reply):
                    content = unpack(data)
                    if content is not None:
                        yield number, process.decode(), content

    def names(self) -> dict[str, str]:
        """By key, those of yesterday and today. CacheGone."""
        today = _day(time.time())
        replies = self.exchange(*[("HGETALL", key(f"n:{day}")) for day in (today - 1, today)])
        return {name_key.decode(): name.decode() for reply in replies for name_key, name in pairs(reply)}

    def exchange(self, *commands: Command, seconds: float | None = None) -> list[Any]:
        """One round trip. A reply may be an error: that command failed, the others did not. CacheGone."""
        way = link()
        if way is None:
            raise CacheGone
        seconds = seconds or float(settings.CACHE_TIMEOUT) * PATIENCE
        with self._lock:
            wire, self._wire = self._wire, None  # an exception leaves it out of step
            try:
                if wire is None or way is not self._way or not wire.is_alive():
                    wire = Wire(str(settings.CACHE_ALIAS), seconds=seconds)
                replies = wire.exchange(commands, seconds=seconds) if commands else []
            except TROUBLE as error:
                raise CacheGone from error
            self._wire, self._way = wire, way
            return replies

    def _savings(self, process: str, packed: Sequence[Packed]) -> Iterator[Command]:
        for one in packed:
            window, names = key(f"w:{one.number}"), key(f"n:{_day(one.number * SECONDS)}")
            yield ("HSET", window, process, one.data)
            yield ("EXPIRE", window, KEPT_SECONDS + SECONDS)
            new = [name_key for name_key in one.names if (one.number, name_key) not in self._names_sent]
            if new:
                yield ("HSET", names, *[word for name_key in new for word in (name_key, one.names[name_key])])
                yield ("EXPIRE", names, KEPT_SECONDS + DAY)


def key(name: str) -> str:
    """In the cache. CacheGone where there is none."""
    way = link()
    if way is None:
        raise CacheGone
    return f"{way.prefix}perf:{name}"


def pairs(reply: Any) -> Iterator[tuple[bytes, bytes]]:
    """Of an HGETALL."""
    flat = reply if isinstance(reply, list) else []
    yield from zip(flat[::2], flat[1::2], strict=True)


def _day(at: float) -> int:
    return int(at // DAY)


store = Store()
os.register_at_fork(after_in_child=store.__init__)  # type: ignore[misc]
