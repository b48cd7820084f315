"""Five minutes of one process, and how they are packed for the others.

Note [Windows]. Each process writes its own whole window again and again into one field of a hash, and readers add
the fields up. So a write that is repeated or comes late counts nothing twice, one that is lost is made good by the
next, and no server has to merge anything. The names of the shapes, which take ten times the room of their figures,
are kept once a day for all; in a window stand their digests.
"""

import hashlib
import zlib
from collections import deque
from functools import lru_cache

import msgspec

from .figures import SlowQuery
from .tally import Tallies, Tally

SECONDS = 300  # of a window
SLOW_KEPT = 50  # in a window, the latest
KINDS = ("query", "request", "timer", "checkout")


def number_of(at: float) -> int:
    """Which window a moment lies in: all processes on all hosts count the same."""
    return int(at // SECONDS)


@lru_cache(maxsize=1024)
def name_key(name: str) -> str:
    return hashlib.blake2s(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


class Window:
    """Not locked: its owner is."""

    def __init__(self, now: float) -> None:
        self.number = number_of(now)
        self.began = now
        self.tallies = {kind: Tallies() for kind in KINDS}
        self.slow: deque[SlowQuery] = deque(maxlen=SLOW_KEPT)
        self.is_saved = False

    def add(
        self,
        kind: str,
        name: str,
        seconds: float,
        is_failed: bool,
        slow: SlowQuery | None,
        is_slow: bool,
        rows: int,
    ) -> None:
        self.tallies[kind].of(name).add(seconds, is_failed=is_failed, is_slow=is_slow, rows=rows)
        if slow is not None:
            self.slow.append(slow)
        self.is_saved = False

    def content(self) -> "Content":
        """A copy, which may be packed while others go on counting."""
        tallies = {
            kind: {name: tally.copied() for name, tally in named.items()}
            for kind, named in self.tallies.items()
        }
        return Content(self.began, tallies, [*self.slow])


class Content(msgspec.Struct, array_like=True):
    began: float  # seconds since 1970
    tallies: dict[str, dict[str, Tally]]  # by kind and name; packed: by kind and the name's key
    slow: list[SlowQuery]


class Packed(msgspec.Struct):
    number: int
    data: bytes
    names: dict[str, str]  # by key


def pack(number: int, content: Content) -> Packed:
    names = {name_key(name): name for named in content.tallies.values() for name in named}
    keyed = {
        kind: {name_key(name): tally for name, tally in named.items()}
        for kind, named in content.tallies.items()
        if named
    }
    data = msgspec.msgpack.encode(Content(content.began, keyed, content.slow))
    return Packed(number, zlib.compress(data, 1), names)


DECODER = msgspec.msgpack.Decoder(Content)
UNREADABLE = (zlib.error, msgspec.DecodeError, msgspec.ValidationError)


def unpack(data: bytes) -> Content | None:
    """Its names are keys. None: written by a version of aistore that packs otherwise."""
    try:
        return DECODER.decode(zlib.decompress(data))
    except UNREADABLE:
        return None
