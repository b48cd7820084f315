"""``query_timer``: how long a block or function takes, under a name."""

import functools
import inspect
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from .noting import note_timed

F = TypeVar("F", bound=Callable[..., Any])


class query_timer:
    """Counts how often a block or function ran, how long it took and how often it failed, under ``name``; see
    ``timer_statistics()``. What takes ``threshold`` seconds and more goes to the log "aistore.slow".

    ``with query_timer("load"):``, ``async with query_timer("load"):``, and ``@query_timer("load")`` above a function
    or coroutine function. Timers nest: "page > load" is a "load" inside a "page". ``seconds`` is what the last block
    took. The name goes to logs and reports: put nothing into it that is somebody's.
    """

    def __init__(self, name: str, *, threshold: float = 1.0) -> None:
        self.name, self.threshold = name, threshold
        self.seconds: float | None = None

    def __enter__(self) -> "query_timer":
        running.set((*running.get(), Running(self, time.perf_counter())))
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        ended, before = time.perf_counter(), running.get()
        depth = next((at for at in reversed(range(len(before))) if before[at].timer is self), None)
        if depth is None:
            return  # an async generator may be closed in another task than the one that it began in
        running.set(before[:depth])
        self.seconds = ended - before[depth].began
        # Each name once, so that a function that calls itself does not make new names for ever.
        path = " > ".join(dict.fromkeys(one.timer.name for one in before[: depth + 1]))
        note_timed(path, self.seconds, threshold=self.threshold, is_failed=kind is not None)

    async def __aenter__(self) -> "query_timer":
        return self.__enter__()

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.__exit__(kind, *rest)

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is a generator, which runs while somebody loops over it:"
                " put the loop into a block with query_timer()."
            )
        decorated: Any
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def decorated(*args: Any, **kwargs: Any) -> Any:
                with query_timer(self.name, threshold=self.threshold):
                    return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def decorated(*args: Any, **kwargs: Any) -> Any:
                with query_timer(self.name, threshold=self.threshold):
                    return function(*args, **kwargs)

        return decorated


class Running(NamedTuple):
    timer: query_timer
    began: float


# Around this point of this thread or task, the outermost first.
running: ContextVar[tuple[Running, ...]] = ContextVar("aistore_timers", default=())
