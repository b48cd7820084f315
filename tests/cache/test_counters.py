import os
from typing import Any

import pytest

from aistore.cache import counters as module
from aistore.cache.counters import BATCH, SECONDS, Counters


def test_events_are_added_up_by_query_and_outcome() -> None:
    counters = Counters()
    for outcome in ("hit", "hit", "miss"):
        counters.add("last", outcome)
    assert sorted(counters.all("key")) == [
        ("HINCRBY", "key", "last:hit", 2),
        ("HINCRBY", "key", "last:miss", 1),
    ]
    assert counters.all("key") == []


def test_they_are_due_when_there_are_many() -> None:
    counters = Counters()
    for number in range(BATCH):
        assert not counters.are_due, number
        counters.add("last", "hit")
    assert counters.are_due


def test_they_are_due_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    counters, now = Counters(), module.time.monotonic()
    counters.add("last", "hit")
    monkeypatch.setattr(module.time, "monotonic", lambda: now + SECONDS + 1)
    assert counters.are_due
    counters.all("key")
    assert not counters.are_due


def test_nothing_counted_is_never_due(monkeypatch: pytest.MonkeyPatch) -> None:
    counters, now = Counters(), module.time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: now + SECONDS + 1)
    assert not counters.are_due


def test_a_fork_counts_from_nothing(monkeypatch: Any) -> None:
    """What the parent has seen, the parent tells."""
    module.counters.add("last", "hit")
    if not (child := os.fork()):
        os._exit(len(module.counters.all("key")))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert module.counters.all("key")
