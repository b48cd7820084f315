"""Time: of one caller, several ways in turns; and of many threads at once."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

TURN = 10  # calls of one way before the next one's: a noisy second hits all
PATIENCE = 60.0  # seconds to wait for a thread

Call = Callable[[Any], Any]
Way = tuple[Call, Callable[[], AbstractContextManager[Any]]]  # what is called, and in what


@dataclass(frozen=True)
class Times:
    """Microseconds a call."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        ordered = sorted(seconds)
        return cls(*(1e6 * _percentile(ordered, share) for share in (0.50, 0.95, 0.99)))


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def in_turns(ways: Mapping[str, Way], arguments: Sequence[Any]) -> dict[str, list[float]]:
    """Seconds of each call, by way. Every way gets every argument, once before it counts."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for start in range(0, len(arguments), TURN):
        turn = arguments[start : start + TURN]
        for name, (call, inside) in ways.items():
            with inside():
                for argument in turn:
                    call(argument)
                found[name] += [timed(call, argument) for argument in turn]
    return found


def timed(call: Call, argument: Any) -> float:
    began = time.perf_counter()
    call(argument)
    return time.perf_counter() - began


def rate(
    call: Call, arguments: Sequence[Any], *, threads: int, seconds: float, after: Callable[[], object]
) -> float:
    """Calls a second of so many threads. ``after``: what each does when it has its answer."""
    start, is_over = threading.Barrier(threads + 1), threading.Event()

    def work(number: int) -> int:
        given = cycle([*arguments[number % len(arguments) :], *arguments[: number % len(arguments)]])
        with _aborting(start):
            call(next(given))
            after()
            start.wait(PATIENCE)
        count = 0
        while not is_over.is_set():
            call(next(given))
            after()
            count += 1
        return count

    with ThreadPoolExecutor(threads) as pool:
        working = [pool.submit(work, number) for number in range(threads)]
        try:
            with _aborting(start):
                start.wait(PATIENCE)
            began = time.perf_counter()
            is_over.wait(seconds)
        except threading.BrokenBarrierError:
            raise _first_failure(working) from None
        finally:
            is_over.set()
        done = sum(one.result(PATIENCE) for one in working)
        return done / (time.perf_counter() - began)


@contextmanager
def _aborting(start: threading.Barrier) -> Iterator[None]:
    """Whoever fails before the start calls it off, so that nobody waits for him."""
    with ExitStack() as stack:
        stack.callback(start.abort)
        yield
        stack.pop_all()


def _first_failure(working: Sequence[Future[int]]) -> BaseException:
    errors = [one.exception(PATIENCE) for one in working]
    return next(error for error in errors if error and not isinstance(error, threading.BrokenBarrierError))
