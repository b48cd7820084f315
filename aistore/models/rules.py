"""Conditions of check constraints that Django has no lookup for."""

from django.db.models import F, Func, IntegerField, Q, TextField, Value
from django.db.models.lookups import Exact, LessThanOrEqual

EXTERNAL_ID_LENGTH = 255  # characters; a longer one would not fit into an index entry with its owner


def is_object(column: str) -> Exact:
    return Exact(_json_type(column), Value("object"))


def is_array(column: str) -> Exact:
    return Exact(_json_type(column), Value("array"))


def is_short(column: str, length: int = EXTERNAL_ID_LENGTH) -> LessThanOrEqual:
    measured = Func(F(column), function="char_length", output_field=IntegerField())
    return LessThanOrEqual(measured, Value(length))


def is_set(column: str) -> Q:
    return ~Q(**{column: ""})


def is_indexed(column: str) -> Q:
    """Set, and short enough for an index: the condition of one, and of every question that it shall answer."""
    return is_set(column) & Q(is_short(column))


def _json_type(column: str) -> Func:
    return Func(F(column), function="jsonb_typeof", output_field=TextField())
