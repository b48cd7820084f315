"""One cached read, from the stamp to the rows. See Note [Stamps are leases] in stamps.py."""

import contextlib
import random
import time
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any, Protocol

import msgspec

from ..conf import settings
from . import stamps
from .counters import counters
from .kept import shelf
from .link import CacheDown, Link, link
from .records import SCHEMA, Codec, Record
from .wire import Command

WAITS = (0.002, 0.004, 0.008, 0.016, 0.032)  # seconds between two looks at what another is loading;
WAIT = 0.064  # then always so long
PATIENCE = 1.0  # seconds that a reader waits for what others load
FUNCTION_PATIENCE = 5.0  # the same for what a function of the host computes
CLAIM_SECONDS = 0.1  # for which a claim is believed to have an owner who lives
LOCK_SECONDS = 0.5  # the same for a lock
OF_OWNER = "@"  # between a query and the owner for whom alone it was asked
JITTER = 0.1  # of the lifetime, so that what was filled together does not end together


@dataclass(frozen=True, slots=True)
class Unit:
    """What is forgotten together. Its keys share a hash tag, so that a cluster keeps them in one place."""

    kind: str  # c: a conversation, by state; by token: o, an owner's lists; m, his memories; u, a user; f, a function
    id: str
    using: str = ""  # the alias of the database: each may have an owner of this id

    @property
    def key(self) -> str:
        return f"{prefix()}{{{self.kind}:{self.using}:{self.id}}}"

    @property
    def stamp_key(self) -> str:
        return f"{self.key}:s"

    @property
    def has_state(self) -> bool:
        return self.kind == "c"

    @property
    def is_function(self) -> bool:
        return self.kind == "f"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the database said: records as they came, under which state, and whether others may see it."""

    records: tuple[Record, ...]
    state: bytes | None = None  # None where the unit goes by token
    is_shareable: bool = True


class Load(Protocol):
    def __call__(self) -> Loaded: ...


def prefix() -> str:
    """Of all our keys."""
    way = link()
    return way.prefix if way else ""


def query_of(entry_key: str) -> tuple[str, int]:
    """Its name and how many rows it asks for, whoever asks."""
    query = entry_key.rpartition(f"}}:e:{SCHEMA}:")[2].partition(OF_OWNER)[0]
    name, _, count = query.partition(":")
    return name, int(count or 1)


def read(
    unit: Unit, query: str, codec: Codec, seconds: float, load: Load, *, bypass: bool = False
) -> tuple[Any, ...]:
    """The records of ``load``, from the cache when that is sure to be what ``load`` would say now.

    ``bypass``: a transaction that wrote reads no cache. ``load`` raises DoesNotExist itself.
    """
    way = link()
    if way is not None and not way.is_trusted:
        way.catch_up()
    if way is None or bypass or not way.is_trusted:
        return codec.exact(load().records)
    reading = Reading(way, unit, query, codec, seconds, load)
    try:
        return reading.from_cache()
    except CacheDown:
        counters.add(reading.name, "error")
        return reading.loaded()


class Reading:
    def __init__(self, way: Link, unit: Unit, query: str, codec: Codec, seconds: float, load: Load) -> None:
        self.way = way
        self.unit = unit
        self.name = unit.id if unit.is_function else query.partition(OF_OWNER)[0].partition(":")[0]
        self.codec = codec
        self.seconds = seconds
        self.load = load
        key = unit.key
        self.stamp_key = f"{key}:s"
        # Two releases may run side by side: each has its own entries, but they must believe the same stamps.
        self.entry_key = f"{key}:e:{SCHEMA}:{query}"
        self.lock_key = f"{self.entry_key}:l"
        self._result: tuple[Any, ...] | None = None

    @cached_property
    def token(self) -> bytes:
        return stamps.CLAIM + stamps.token() if self.unit.has_state else stamps.token()

    def from_cache(self) -> tuple[Any, ...]:
        kept = shelf.get(self.entry_key)
        if kept is not None:
            [stamp, *_] = self._call(("GET", self.stamp_key))
            if stamp == kept.stamp:
                counters.add(self.name, "kept")
                return kept.value
        stamp, entry = self._look()
        hit = self._hit(stamp, entry)
        if hit is not None:
            return hit
        if stamp is None and not self.unit.is_function:
            return self._fill(self.token)
        return self._wait_or_fill(stamp or self.token)

    def loaded(self) -> tuple[Any, ...]:
        """From the database, without the cache; at most once."""
        if self._result is None:
            self._result = self.codec.exact(self.load().records)
        return self._result

    def _look(self, *before: Command) -> tuple[Any, Any]:
        """The stamp, or None: our claim was put there; and the entry."""
        # What a function said is forgotten by its lifetime, not by a lease: nothing happens behind its back.
        lease = self.seconds if self.unit.is_function else settings.CACHE_LEASE
        claim = stamps.claim(self.stamp_key, self.token, lease)
        replies = self._call(*before, claim, ("GET", self.entry_key))
        stamp, entry = replies[len(before) : len(before) + 2]
        if isinstance(stamp, Exception):  # then nothing could be stored either
            self.way.note_memory(is_full=str(stamp).startswith("OOM"))
            raise CacheDown
        self.way.note_memory(is_full=False)
        return stamp, entry if isinstance(entry, bytes) else None

    def _hit(self, stamp: bytes | None, entry: bytes | None) -> tuple[Any, ...] | None:
        """The records, if the entry was read under this stamp. Bytes that are no records are no hit: whoever can
        write to the cache can make us read the database, and no more."""
        if stamp is None or entry is None or not entry.startswith(framed(stamp)):
            return None
        try:
            value = self.codec.decode(memoryview(entry)[len(stamp) + 1 :])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        counters.add(self.name, "hit")
        self._keep(stamp, value, len(entry))
        return value

    def _wait_or_fill(self, stamp: bytes) -> tuple[Any, ...]:
        """Somebody has the stamp, or claims it. One reader loads; the others wait for him, but not long."""
        waits, began = chain(WAITS, repeat(WAIT)), time.monotonic()
        while (waited := time.monotonic() - began) < self._patience:
            if not self._is_claim(stamp) or waited > CLAIM_SECONDS:
                [locked, *_] = self._call(self._lock())
                if locked is not None:  # b"OK"; or an error, and then nobody can wait for anybody
                    return self._fill(self._taken_over(stamp))
            time.sleep(next(waits))
            found, entry = self._look()
            hit = self._hit(found, entry)
            if hit is not None:
                return hit
            if found is None and not self.unit.is_function:
                return self._fill(self.token)
            stamp = found or self.token
        return self._fill(stamp)

    def _taken_over(self, stamp: bytes) -> bytes:
        """Another's claim, whose owner is late or dead, becomes ours. To delete a stamp is always safe."""
        if not self._is_claim(stamp):
            return stamp
        found, _ = self._look(stamps.forget(self.stamp_key))
        return self.token if found is None else found

    @property
    def _patience(self) -> float:
        return FUNCTION_PATIENCE if self.unit.is_function else PATIENCE

    def _lock(self) -> Command:
        seconds = FUNCTION_PATIENCE if self.unit.is_function else LOCK_SECONDS
        return ("SET", self.lock_key, self.token, "NX", "PX", int(seconds * 1000))

    def _is_claim(self, stamp: bytes) -> bool:
        return self.unit.has_state and not stamps.is_state(stamp)

    def _fill(self, stamp: bytes) -> tuple[Any, ...]:
        """Load, and store the entry; ``stamp`` is what was there, or put there, before."""
        counters.add(self.name, "miss")
        try:
            loaded = self.load()
        except BaseException:
            self._give_up(stamp)
            raise
        data = self.codec.encode(loaded.records)
        self._result = self.codec.exact(loaded.records, data)
        if loaded.is_shareable:
            self._store(stamp, loaded.state, data)
        else:
            self._give_up(stamp)
        return self._result

    def _store(self, stamp: bytes, state: bytes | None, data: bytes) -> None:
        carried, milliseconds = stamp if state is None else state, lifetime(self.seconds)
        entry = framed(carried) + data
        commands: list[Command] = [("SET", self.entry_key, entry, "PX", milliseconds)]
        if state is not None and state != stamp:
            commands.append(stamps.settle(self.stamp_key, state, self.token))
        elif self.unit.is_function:
            commands.append(("PEXPIRE", self.stamp_key, milliseconds, "GT"))
        self._call(*commands, ("DEL", self.lock_key))
        self._keep(carried, self._result or (), len(entry))

    def _keep(self, stamp: bytes, value: tuple[Any, ...], size: int) -> None:
        if not self.unit.is_function:  # for its entry's end is not known here
            shelf.put(self.entry_key, stamp, value, size)

    def _give_up(self, stamp: bytes) -> None:
        """So that nobody waits for what will not come."""
        is_claimed = self.unit.has_state and stamp == self.token
        with contextlib.suppress(CacheDown):
            self._call(("DEL", self.lock_key, *([self.stamp_key] if is_claimed else [])))

    def _call(self, *commands: Command) -> list[Any]:
        replies = self.way.call(*commands, *self._counted())
        if not self.way.is_trusted:  # another server answered than before: this one's stamps may be old
            raise CacheDown
        return replies

    def _counted(self) -> list[Command]:
        return counters.all(f"{prefix()}stats") if counters.are_due else []


def lifetime(seconds: float) -> int:
    """Milliseconds, a little less than asked for."""
    return int(seconds * 1000 * (1 - random.random() * JITTER))  # noqa: S311


def framed(stamp: bytes) -> bytes:
    """A stamp at the head of an entry, with its length, so that none is the beginning of another."""
    return bytes([len(stamp)]) + stamp
