"""The short way to the JSON of a row, which must say the same as the long one."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistore.exceptions import UnstorableValue
from aistore.fields import json_text, json_value
from aistore.interop.canonical import CanonicalMessage
from aistore.interop.rows import MESSAGE_COLUMNS, Rows, new_id

TIME = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def row(**columns):
    rows = Rows()
    message = CanonicalMessage(external_id="1", role="user", **columns)
    rows.add_message(
        message, id=new_id(), conversation_id=new_id(), owner_id=1, number=1, parent_id=None, created_at=TIME
    )
    return dict(zip(MESSAGE_COLUMNS.split(", "), rows.messages[0], strict=True))


TEXT = st.text(st.characters(exclude_categories=()), max_size=5)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUE, max_size=3))
def test_any_json_is_kept_as_the_field_keeps_it(value):
    text = row(metadata=value)["metadata"]
    assert json_value(text) == json_value(json_text(value, where="x"))
    assert "\\u0000" not in text
    assert text.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e400])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(UnstorableValue, match="metadata of message '1' cannot be stored"):
        row(metadata={"x": value})


def test_large_float_is_the_whole_number_that_it_is():
    """PostgreSQL would read 1e+23 as the decimal number, which no float is."""
    assert row(metadata={"x": 1e23})["metadata"] == '{"x": 99999999999999991611392}'


def test_depth_is_counted_and_brackets_are_not():
    """In texts, and side by side, they nest nothing."""
    wide = {"x": ["[" * 1_000, *([[]] * 1_000)]}
    assert json_value(row(metadata=wide)["metadata"]) == wide


def test_too_deep(settings):
    settings.AISTORE = {"JSON_MAX_DEPTH": 3}
    assert row(metadata={"x": {"y": []}})
    with pytest.raises(UnstorableValue, match="nested more than 3 levels"):
        row(metadata={"x": {"y": [[]]}})


def test_ids_sort_in_the_order_of_their_making():
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(ids)
