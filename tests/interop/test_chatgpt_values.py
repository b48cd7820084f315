"""Times of every spelling, and fields that are written otherwise."""

import datetime as dt

import pytest

from aistore.interop.chatgpt_values import residue, restored, seconds_of, time_of

NOON = dt.datetime(2024, 1, 1, 12, 0, 0, 148505, dt.UTC)


@pytest.mark.parametrize(
    "value",
    [
        1704110400.148505,
        "1704110400.148505",
        "2024-01-01T12:00:00.148505Z",
        "2024-01-01T14:00:00.148505+02:00",
        "2024-01-01 12:00:00.148505",
    ],
)
def test_microseconds_are_exact(value):
    assert time_of(value) == NOON


def test_a_time_gives_its_number_back():
    assert seconds_of(time_of(1714585031.148505)) == 1714585031.148505


@pytest.mark.parametrize(
    "value", [None, True, [], {}, "", "soon", "1e400", "nan", float("nan"), float("inf"), 1e300, -(10**30)]
)
def test_no_time(value):
    assert time_of(value) is None


def test_times_before_1970_and_milliseconds():
    """A time in milliseconds lies beyond the year 9999: none is better than a wrong one."""
    assert time_of(-1.5) == dt.datetime(1969, 12, 31, 23, 59, 58, 500000, dt.UTC)
    assert time_of(1704110400148) is None


def test_residue_is_what_is_written_otherwise():
    fields = {"a": 1, "b": {"c": 1, "d": 2}, "e": None, "f": []}
    assert residue(fields, {"a": 1, "b": {"c": 1, "d": 3}, "e": None}) == {"b": {"d": 2}, "f": []}


@pytest.mark.parametrize("value", [True, False, 1, 0, 1.0])
@pytest.mark.parametrize("ours", [1, 0.0, None, True])
def test_true_is_not_one(value, ours):
    back = restored({"a": ours}, residue({"a": value}, {"a": ours}))["a"]
    assert back == value
    assert isinstance(back, bool) == isinstance(value, bool)


def test_restored_is_what_was_there():
    fields, written = {"a": {"b": 1, "c": [2]}, "d": 5}, {"a": {"b": 0, "e": 3}, "d": {"f": 1}}
    assert restored(written, residue(fields, written)) == {"a": {"b": 1, "c": [2], "e": 3}, "d": 5}
