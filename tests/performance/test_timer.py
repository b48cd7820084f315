"""query_timer: around blocks and functions, in threads and tasks, and inside itself."""

import asyncio
import threading

import pytest

from aistore.performance import query_timer, timer_statistics


def counts():
    return {one.name: (one.count, one.errors, one.slow) for one in timer_statistics().each}


def test_block():
    """Counted under its name; its time can be asked for."""
    with query_timer("load") as timer:
        assert timer.seconds is None
    assert counts() == {"load": (1, 0, 0)}
    assert timer.seconds > 0


def test_function():
    """The function keeps its name, its arguments and its result."""

    @query_timer("double")
    def double(number, *, plus=0):
        """Twice."""
        return 2 * number + plus

    assert (double(2), double(3, plus=1), double.__name__, double.__doc__) == (4, 7, "double", "Twice.")
    assert counts() == {"double": (2, 0, 0)}


def test_nested():
    """A block inside another one is counted under both names, the other one under its own."""
    with query_timer("page"), query_timer("load"):
        pass
    with query_timer("load"):
        pass
    assert counts() == {"page": (1, 0, 0), "page > load": (1, 0, 0), "load": (1, 0, 0)}


def test_a_function_that_calls_itself():
    """Names do not grow with the depth."""

    @query_timer("down")
    def down(number):
        return number and down(number - 1)

    down(10)
    assert counts() == {"down": (11, 0, 0)}


def test_slow(caplog):
    """What takes as long as the threshold is counted as slow, and goes to the log with the line that asked."""
    with query_timer("load", threshold=0.0):
        pass
    [record] = caplog.records
    assert counts() == {"load": (1, 0, 1)}
    assert (record.name, record.what, record.shape) == ("aistore.slow", "block", "load")
    assert record.caller.startswith("tests/performance/test_timer.py:")


def test_exception():
    """It goes on, and is counted."""
    with pytest.raises(ValueError, match="x"), query_timer("load"):
        raise ValueError("x")
    assert counts() == {"load": (1, 1, 0)}


def test_coroutine_function_and_async_block():
    """Tasks that run at the same time do not take each other's times for their own."""

    @query_timer("answer")
    async def answer(name):
        async with query_timer(name):
            await asyncio.sleep(0)
        return name

    async def both():
        return await asyncio.gather(answer("one"), answer("two"))

    assert asyncio.run(both()) == ["one", "two"]
    assert counts() == {"answer": (2, 0, 0), "answer > one": (1, 0, 0), "answer > two": (1, 0, 0)}


def test_one_timer_in_many_threads():
    """A timer that a module keeps may be entered by all of them at once."""
    timer, meeting = query_timer("shared"), threading.Barrier(4)

    def work():
        with timer:
            meeting.wait(10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts() == {"shared": (4, 0, 0)}


def test_generator():
    """The call of a generator function does nothing yet: to time it would be a lie."""
    with pytest.raises(TypeError, match="generator"):

        @query_timer("rows")
        def rows():
            yield 1
