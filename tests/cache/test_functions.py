import datetime as dt
import threading
import time
import uuid
from decimal import Decimal
from typing import Any

import pytest

from aistore.cache import cached, forget, forget_matching, stats

from ..models.asynchronously import run

pytestmark = pytest.mark.django_db(transaction=True)


class Counted:
    """A function that remembers how often it was asked."""

    def __init__(self, answer: Any = lambda *args, **kwargs: [list(args), kwargs]) -> None:
        self.calls: list[Any] = []
        self.answer = answer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((args, kwargs))
        return self.answer(*args, **kwargs)

    __name__ = __qualname__ = "counted"


@pytest.fixture
def name() -> str:
    return f"prices-{uuid.uuid4().hex}"


def test_it_computes_once_for_the_same_arguments(name: str) -> None:
    function = Counted()
    remembered = cached(name, ttl=60)(function)
    assert remembered(1, a=2) == remembered(1, a=2) == [[1], {"a": 2}]
    assert remembered(2, a=2) == [[2], {"a": 2}]
    assert len(function.calls) == 2


@pytest.mark.parametrize(
    "others",
    [
        (1, True, 1.0, "1", b"1", Decimal(1), [1], (1,), {1: 1}, {"1": 1}, None),
        ("2026-01-01", dt.date(2026, 1, 1), dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        ([1, [2]], [[1], 2], [1, 2], "[1, 2]"),
        ("\ud800", "\udfff", "?"),
    ],
)
def test_values_that_only_look_the_same_are_apart(name: str, others: tuple[Any, ...]) -> None:
    function = Counted(lambda value: repr(value))
    remembered = cached(name, ttl=60)(function)
    assert [remembered(value) for value in others] == [repr(value) for value in others]


def test_the_order_of_keywords_does_not_matter(name: str) -> None:
    function = Counted(lambda **_: 1)
    remembered = cached(name, ttl=60)(function)
    remembered(a=1, b={"x": 1, "y": 2})
    remembered(b={"y": 2, "x": 1}, a=1)
    assert len(function.calls) == 1


@pytest.mark.parametrize("answer", [None, False, 0, "", [], {}, {"a": [1, None, 2.5]}, b"\0", "\0ü😀"])
def test_every_plain_answer_is_remembered(name: str, answer: Any) -> None:
    function = Counted(lambda: answer)
    remembered = cached(name, ttl=60)(function)
    assert remembered() == remembered() == answer
    assert len(function.calls) == 1


def test_an_answer_is_the_same_the_first_time_as_the_second(name: str) -> None:
    remembered = cached(name, ttl=60)(lambda: {"a": (1, 2), "id": uuid.UUID(int=1)})
    assert remembered() == remembered() == {"a": [1, 2], "id": str(uuid.UUID(int=1))}


def test_nobody_changes_what_others_get(name: str) -> None:
    remembered = cached(name, ttl=60)(lambda: [1])
    remembered().append(2)
    assert remembered() == [1]


def test_an_exception_is_not_remembered_and_lets_nobody_wait(name: str) -> None:
    outcomes = iter([ValueError("no"), 7])

    def answer() -> int:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    remembered = cached(name, ttl=60)(answer)
    with pytest.raises(ValueError, match="no"):
        remembered()
    assert remembered() == remembered() == 7


def test_an_argument_that_cannot_be_told_apart_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(TypeError, match=r"called with a object.*Give its id"):
        cached(name, ttl=60)(Counted())(object())


def test_an_answer_that_cannot_be_stored_is_an_error_each_time(name: str) -> None:
    remembered = cached(name, ttl=60)(lambda: object())
    for _ in range(2):
        with pytest.raises(TypeError):
            remembered()


def test_one_of_many_computes_however_long_it_takes(name: str, settings: Any) -> None:
    """Longer than a reader of rows would wait."""
    settings.AISTORE = {"CACHE_TIMEOUT": 5.0}  # 16 sockets at once, on a machine that may be busy
    function, begun, may_end = Counted(lambda: may_end.wait(10)), threading.Barrier(16), threading.Event()
    remembered, answers = cached(name, ttl=60)(function), []

    def ask() -> None:
        begun.wait()
        answers.append(remembered())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    threading.Timer(1.2, may_end.set).start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 16
    assert len(function.calls) == 1


def test_it_forgets_when_told(name: str) -> None:
    function = Counted(lambda: 1)
    remembered: Any = cached(name, ttl=60)(function)
    for number, tell in enumerate(
        (remembered.forget, lambda: forget(remembered), lambda: forget_matching(f"{name[:-3]}*")), 1
    ):
        remembered()
        assert len(function.calls) == number
        tell()
    remembered()
    assert len(function.calls) == 4


def test_it_lives_as_long_as_said_not_as_a_lease(name: str, valkey: Any, settings: Any) -> None:
    """Neither the entry nor what it is believed by ends with the lease, and neither outlives the time."""
    settings.AISTORE = {"CACHE_LEASE": 1}
    remembered = cached(name, ttl=100)(lambda value: value)
    remembered(1)
    [stamp], [entry] = valkey.keys(f"*{name}}}:s"), valkey.keys(f"*{name}}}:e:*")
    assert 89_000 < valkey.pttl(entry) <= valkey.pttl(stamp) <= 100_000
    valkey.pexpire(stamp, 50_000)  # half of it is over
    remembered(2)
    assert 89_000 < valkey.pttl(stamp) <= 100_000


def test_what_takes_longer_than_a_lease_is_remembered_too(name: str, settings: Any) -> None:
    settings.AISTORE = {"CACHE_LEASE": 0.02}
    function = Counted(lambda: time.sleep(0.05))
    remembered = cached(name, ttl=60)(function)
    remembered()
    remembered()
    assert len(function.calls) == 1


def test_this_process_does_not_keep_it_longer_than_the_cache(name: str, valkey: Any) -> None:
    function = Counted(lambda: 1)
    remembered = cached(name, ttl=100)(function)
    remembered()
    valkey.delete(*valkey.keys(f"*{name}}}:e:*"))  # its time is over
    remembered()
    assert len(function.calls) == 2


def test_its_hits_are_counted_under_its_prefix(name: str) -> None:
    remembered = cached(f"{name}:with:colons", ttl=60)(lambda: 1)
    for _ in range(3):
        remembered()
    assert stats().queries[f"{name}:with:colons"] == {"kept": 0, "hit": 2, "miss": 1, "error": 0}


def test_without_a_cache_it_computes_each_time(name: str, settings: Any) -> None:
    settings.AISTORE = {"CACHE_ALIAS": None}
    function = Counted(lambda: 1)
    remembered = cached(name, ttl=60)(function)
    assert (remembered(), remembered(), len(function.calls)) == (1, 1, 2)


def test_a_coroutine_function_stays_one(name: str) -> None:
    calls = []

    @cached(name, ttl=60)
    async def double(value: int) -> int:
        calls.append(value)
        return 2 * value

    async def ask() -> None:
        assert [await double(4), await double(4), await double(5)] == [8, 8, 10]

    run(ask())
    assert calls == [4, 5]
