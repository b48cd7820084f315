import os
import threading
from typing import Any

import pytest

from aistore.cache.kept import Kept, Shelf, shelf


@pytest.fixture
def small(settings: Any) -> Shelf:
    settings.AISTORE = {"CACHE_KEPT_BYTES": 100}
    return Shelf()


def key(unit: str, query: str = "get") -> str:
    return f"p:aistore:{{c:default:{unit}}}:e:{query}"


def test_what_was_put_is_there(small: Shelf) -> None:
    small.put(key("a"), b"stamp", "value", 10)
    assert small.get(key("a")) == Kept(b"stamp", "value", 10)
    assert small.get(key("b")) is None


def test_the_least_recently_used_go_first(small: Shelf) -> None:
    for name in "abcd":
        small.put(key(name), b"", name, 25)
    small.get(key("a"))
    small.put(key("e"), b"", "e", 25)
    assert [name for name in "abcde" if small.get(key(name))] == ["a", "c", "d", "e"]


def test_it_never_holds_more_than_the_setting(small: Shelf) -> None:
    for number in range(1000):
        small.put(key(str(number % 50)), b"", number, number % 30)
        assert small.size <= 100
    assert small.size == sum(kept.size for kept in small._entries.values())
    assert {k for keys in small._of.values() for k in keys} == set(small._entries)


def test_one_large_entry_does_not_push_out_the_others(small: Shelf) -> None:
    small.put(key("a"), b"", "a", 10)
    small.put(key("b"), b"", "b", 26)
    assert small.get(key("a"))
    assert not small.get(key("b"))


def test_a_large_entry_in_place_of_a_small_one_leaves_neither(small: Shelf) -> None:
    small.put(key("a"), b"old", "a", 10)
    small.put(key("a"), b"new", "b", 26)
    assert small.get(key("a")) is None


def test_nothing_is_kept_with_size_0(small: Shelf, settings: Any) -> None:
    settings.AISTORE = {"CACHE_KEPT_BYTES": 0}
    small.put(key("a"), b"", "a", 1)
    assert len(small) == 0


def test_the_entries_of_a_unit(small: Shelf) -> None:
    """Also where the host's prefix looks like ours."""
    for prefix in ("", "a:e:b:"):
        small.put(f"{prefix}{key('a', 'get')}", b"1", "get", 5)
        small.put(f"{prefix}{key('a', 'last:50')}", b"2", "last", 5)
        small.put(f"{prefix}{key('b', 'get')}", b"1", "other", 5)
        unit = f"{prefix}{key('a').partition(':e:')[0]}"
        assert {kept.value for kept in small.of(unit).values()} == {"get", "last"}
        assert {kept.value for kept in small.of(unit, b"2").values()} == {"last"}


def test_clear_empties_it(small: Shelf) -> None:
    small.put(key("a"), b"", "a", 10)
    small.clear()
    assert (len(small), small.size, small.of(key("a").partition(":e:")[0])) == (0, 0, {})


def test_many_threads(small: Shelf) -> None:
    def work(seed: int) -> None:
        for number in range(300):
            small.put(key(str((seed * number) % 20)), b"", number, 7)
            small.get(key(str(number % 20)))
            small.of(key("3").partition(":e:")[0])

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert small.size == 7 * len(small) <= 100


def test_a_fork_while_another_thread_holds_the_lock_does_not_hang() -> None:
    with shelf._lock:
        if not (child := os.fork()):
            shelf.put(key("a"), b"", "a", 1)  # would wait for ever for a thread that is not there
            os._exit(0 if len(shelf) == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
