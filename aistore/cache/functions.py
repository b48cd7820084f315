"""``@cached``: the same way to the cache for the host's own functions."""

import datetime as dt
import functools
import hashlib
import inspect
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar

import msgspec
from asgiref.sync import async_to_sync, sync_to_async

from .announcing import forget_now
from .reading import Loaded, Unit, read
from .records import Codec, Record

P = ParamSpec("P")
T = TypeVar("T")

# What repr() writes so that no two of them are the same.
NAMED = {type(None), bool, int, float, str, bytes, Decimal, uuid.UUID}
NAMED |= {dt.datetime, dt.date, dt.time, dt.timedelta}


class Value(Record, frozen=True, array_like=True, gc=False):
    packed: bytes


VALUES = Codec.of(Value)


def cached(prefix: str, *, ttl: float) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember what a function answers for the same arguments, for ``ttl`` seconds.

    Arguments are None, booleans, numbers, strings, bytes, UUIDs, times, and lists and dicts of these. The answer is
    what msgpack carries: a tuple comes back as a list, a UUID or Decimal as a string, the first time too. TypeError for
    anything else. One caller computes, the others wait for him for up to 5 s; an exception is not remembered.

    ``function.forget()`` forgets all answers, ``forget_matching("prefix*")`` those of several functions; nothing else
    does. Two functions must not share a prefix. A coroutine function stays one.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        unit = Unit("f", prefix)
        is_async = inspect.iscoroutinefunction(function)
        compute: Any = function
        if is_async:
            compute = async_to_sync(compute)

        @functools.wraps(function)
        def remembering(*args: P.args, **kwargs: P.kwargs) -> T:
            def load() -> Loaded:
                return Loaded((Value(msgspec.msgpack.encode(compute(*args, **kwargs))),))

            [value] = read(unit, f"{prefix}:{_digest(args, kwargs)}", VALUES, ttl, load)
            return msgspec.msgpack.decode(value.packed)

        decorated: Any = remembering
        if is_async:

            @functools.wraps(function)
            async def remembering_async(*args: P.args, **kwargs: P.kwargs) -> T:
                return await sync_to_async(remembering)(*args, **kwargs)

            decorated = remembering_async
        decorated.unit = unit
        decorated.forget = lambda: forget_now(unit)
        return decorated

    return decorate


def _digest(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    said = f"{_named(args)}{_named(kwargs)}"
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]


def _named(value: Any) -> str:
    if type(value) in NAMED:
        return repr(value)
    if isinstance(value, list | tuple):
        return f"{'l' if isinstance(value, list) else 't'}[{','.join(map(_named, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{_named(key)}:{_named(item)}' for key, item in value.items()))}}}"
    raise TypeError(
        f"A cached function was called with a {type(value).__name__}, by which no two calls can be told to be the"
        " same. Give its id, or another plain value."
    )
