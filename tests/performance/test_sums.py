import dataclasses

from aistore.performance.sums import UNNAMED, Sums, added_up
from aistore.performance.tally import Tally
from aistore.performance.windows import Content


def content(began=100.0, **counts):
    """Of one process: how often each statement ran."""
    return Content(
        began, {"query": {key: Tally(count, buckets={5: count}) for key, count in counts.items()}}, []
    )


def test_adds_windows_and_processes():
    """By name over the time, and by window over the names."""
    sums = added_up([(1, "p", content(a=2)), (1, "q", content(a=3, b=1)), (2, "p", content(a=10))])
    assert {key: tally.count for key, tally in sums.each["query"].items()} == {"a": 15, "b": 1}
    assert {number: tally.count for number, tally in sums.timeline["query"].items()} == {1: 6, 2: 10}
    assert sums.each["query"]["a"].buckets == {5: 15}
    assert sums.processes["query"] == {"p", "q"}


def test_leaves_what_it_adds_alone():
    """It may be what this process is counting in."""
    own = content(a=2)
    added_up([(1, "p", own), (1, "q", content(a=3))])
    assert own.tallies["query"]["a"].count == 2


def test_began_with_the_first():
    assert added_up([(1, "p", content(began=7.0, a=1)), (1, "q", content(began=5.0, a=1))]).began == 5.0


def test_names():
    """Of keys; of this process alone the keys are names."""
    assert Sums().name_of("SELECT ?") == "SELECT ?"
    named = dataclasses.replace(Sums(), names={"k": "SELECT ?"})
    assert (named.name_of("k"), named.name_of("gone")) == ("SELECT ?", UNNAMED)
