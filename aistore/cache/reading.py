"""One cached read, from the stamp to the rows. See Note [Stamps are leases] in stamps.py."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from django.core.cache import caches

from ..conf import settings
from . import stamps
from .counters import counters
from .kept import shelf
from .link import CacheDown, Command, Link, link
from .records import SCHEMA, Codec, Record, plain

WAITS = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064)  # seconds; for another reader that is loading
LOCK_SECONDS = 0.5  # how long a loader is waited for before the next one may try
JITTER = 0.1  # of the lifetime, so that what was filled together does not end together


@dataclass(frozen=True)
class Unit:
    """What is forgotten together. Its keys share a hash tag, so that a cluster keeps them in one place."""

    kind: str  # c: a conversation, by state; o: an owner, by token; u: a user, by token; f: a host's function
    id: str

    @property
    def key(self) -> str:
        return f"{prefix()}{{{self.kind}:{self.id}}}"

    @property
    def stamp_key(self) -> str:
        return f"{self.key}:s"

    def entry_key(self, query: str) -> str:
        return f"{self.key}:e:{query}"

    @property
    def has_state(self) -> bool:
        return self.kind == "c"


@dataclass(frozen=True)
class Loaded:
    """What the database said: records as they came, under which state, and whether others may see it."""

    records: tuple[Record, ...]
    state: bytes | None = None  # None where the unit goes by token
    is_shareable: bool = True


class Load(Protocol):
    def __call__(self) -> Loaded: ...


def prefix() -> str:
    alias = settings.CACHE_ALIAS
    return f"{caches[alias].key_prefix}:aistore:{SCHEMA}:" if alias else ""


def read(
    unit: Unit, query: str, codec: Codec, seconds: float, load: Load, *, bypass: bool = False
) -> tuple[Any, ...]:
    """The records of ``load``, from the cache when that is sure to be what ``load`` would say now.

    ``bypass``: a transaction that wrote reads no cache. ``load`` raises DoesNotExist itself.
    """
    way = link()
    if way is None or bypass or not way.is_trusted:
        return tuple(map(plain, load().records))
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
        self.name = query.partition(":")[0]
        self.codec = codec
        self.lifetime = lifetime(seconds)
        self.load = load
        self.stamp_key = unit.stamp_key
        self.entry_key = unit.entry_key(query)
        self.token = stamps.token() if not unit.has_state else stamps.CLAIM + stamps.token()
        self._result: tuple[Any, ...] | None = None

    def from_cache(self) -> tuple[Any, ...]:
        kept = shelf.get(self.entry_key)
        if kept is not None:
            [stamp, *_] = self._call(("GET", self.stamp_key))
            if stamp == kept.stamp:
                counters.add(self.name, "kept")
                return kept.value  # type: ignore[no-any-return]
        stamp, entry = self._look()
        hit = self._hit(stamp, entry)
        if hit is not None:
            return hit
        return self._fill(self.token) if stamp is None else self._wait_or_fill(stamp)

    def _look(self, *before: Command) -> tuple[Any, Any]:
        """The stamp, or None: our claim was put there; and the entry."""
        claim = stamps.claim(self.stamp_key, self.token)
        replies = self._call(*before, claim, ("GET", self.entry_key))
        stamp, entry = replies[len(before) : len(before) + 2]
        if isinstance(stamp, Exception):  # no memory for a claim: then nothing is stored either
            raise CacheDown
        return stamp, entry if isinstance(entry, bytes) else None

    def loaded(self) -> tuple[Any, ...]:
        """From the database, without the cache; at most once."""
        if self._result is None:
            self._result = tuple(map(plain, self.load().records))
        return self._result

    def _hit(self, stamp: bytes | None, entry: bytes | None) -> tuple[Any, ...] | None:
        """The records, if the entry was read under this stamp. Bytes that are no records are no hit: whoever can
        write to the cache can make us read the database, and no more."""
        if stamp is None or entry is None or not entry.startswith(framed(stamp)):
            return None
        try:
            value = self.codec.decode(entry[len(framed(stamp)) :])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        counters.add(self.name, "hit")
        shelf.put(self.entry_key, stamp, value, len(entry))
        return value

    def _wait_or_fill(self, stamp: bytes) -> tuple[Any, ...]:
        """Somebody has the stamp, or claims it. One reader loads; the others wait for him, but not long."""
        lock = ("SET", f"{self.entry_key}:l", self.token, "NX", "PX", int(LOCK_SECONDS * 1000))
        for wait in WAITS:
            if not self._is_claim(stamp):
                [locked, *_] = self._call(lock)
                if locked is not None:  # b"OK"; or an error, and then nobody can wait for anybody
                    return self._fill(stamp)
            time.sleep(wait)
            stamp, entry = self._look()
            hit = self._hit(stamp, entry)
            if hit is not None:
                return hit
            if stamp is None:
                return self._fill(self.token)
        if self._is_claim(stamp):
            # Its owner is late or dead. To delete a stamp is always safe, and then it can be claimed again.
            stamp, _ = self._look(stamps.forget(self.stamp_key))
        return self._fill(self.token if stamp is None else stamp)

    def _is_claim(self, stamp: bytes) -> bool:
        return self.unit.has_state and not stamps.is_state(stamp)

    def _fill(self, stamp: bytes) -> tuple[Any, ...]:
        """Load, and store the entry; ``stamp`` is what was there, or put there, before."""
        counters.add(self.name, "miss")
        try:
            loaded = self.load()
        except BaseException:
            quietly(lambda: self._call(*self._giving_up(stamp)))
            raise
        self._result = tuple(map(plain, loaded.records))
        if loaded.is_shareable:
            self._store(stamp, loaded, self._result)
        else:
            self._call(*self._giving_up(stamp))
        return self._result

    def _store(self, stamp: bytes, loaded: Loaded, result: tuple[Any, ...]) -> None:
        carried = stamp if loaded.state is None else loaded.state
        entry = framed(carried) + self.codec.encode(loaded.records)
        commands: list[Command] = [("SET", self.entry_key, entry, "PX", self.lifetime), self._unlock()]
        if loaded.state is not None and stamp == self.token:
            commands.insert(0, stamps.replace_claim(self.stamp_key, self.token, loaded.state))
        self._call(*commands)
        shelf.put(self.entry_key, carried, result, len(entry))

    def _giving_up(self, stamp: bytes) -> list[Command]:
        """So that nobody waits for what will not come."""
        return [self._unlock()] if stamp != self.token else [self._unlock(), stamps.forget(self.stamp_key)]

    def _unlock(self) -> Command:
        return ("DEL", f"{self.entry_key}:l")

    def _call(self, *commands: Command) -> list[Any]:
        return self.way.call(*commands, *counters.due(f"{prefix()}stats"))


def lifetime(seconds: float) -> int:
    """Milliseconds, a little less than asked for."""
    return int(seconds * 1000 * (1 - random.random() * JITTER))  # noqa: S311


def framed(stamp: bytes) -> bytes:
    """A stamp at the head of an entry, with its length, so that none is the beginning of another."""
    return bytes([len(stamp)]) + stamp


def forget_now(*units: Unit) -> None:
    """After a commit. A failure is remembered by the link; with CACHE_STRICT the writer waits it out."""
    tell(*[stamps.forget(unit.stamp_key) for unit in units])


def tell(*commands: Command) -> list[Any] | None:
    """The replies; None: there is no cache, or it did not answer."""
    way = link()
    if way is None or not commands:
        return None
    try:
        replies = way.call(*commands)
    except CacheDown as down:
        way.distrust(down.__cause__ or down)
        if settings.CACHE_STRICT:
            time.sleep(settings.CACHE_LEASE)
        return None
    for reply in replies:
        if isinstance(reply, Exception):
            way.distrust(reply)
    return replies


def quietly(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except CacheDown:
        return None
