"""``@cached``: the same way to the cache for the host's own functions."""

import functools
import hashlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec

from .reading import Loaded, Unit, read
from .records import Codec, Record

P = ParamSpec("P")
T = TypeVar("T")


class Value(Record, frozen=True, array_like=True, gc=False):
    packed: bytes


VALUES = Codec.of(Value)


def cached(prefix: str, *, ttl: float) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember what a function answers for the same arguments, for ``ttl`` seconds.

    Arguments and answers must be plain: None, booleans, numbers, strings, bytes, datetimes, and lists and dicts of
    these (a tuple comes back as a list). One caller computes, the others wait for him. Forget with
    ``function.forget()`` or ``forget_matching(f"{prefix}*")``; nothing else forgets.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        unit = Unit("f", prefix)

        @functools.wraps(function)
        def remembering(*args: P.args, **kwargs: P.kwargs) -> T:
            def load() -> Loaded:
                return Loaded((Value(msgspec.msgpack.encode(function(*args, **kwargs))),))

            [value] = read(unit, f"{prefix}:{_digest(args, kwargs)}", VALUES, ttl, load)
            return msgspec.msgpack.decode(value.packed)  # type: ignore[no-any-return]

        remembering.unit = unit  # type: ignore[attr-defined]
        return remembering

    return decorate


def _digest(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    said = msgspec.msgpack.encode([args, sorted(kwargs.items())])
    return hashlib.sha256(said).hexdigest()[:32]
