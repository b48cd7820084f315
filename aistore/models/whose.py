"""Whose rows a queryset asks for, read from its conditions.

Note [Owners are cast]. Django sends an owner's key as a literal that PostgreSQL takes for a 32-bit integer. An index of
btree_gin compares a key with nothing but its own type, so for a bigint it finds everybody's rows and throws the others'
away: 12-25 ms instead of 0.8. To add a cast condition does not help, since the planner keeps the first of two equal
ones: the literal itself must go.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models.expressions import Col, RawSQL
from django.db.models.lookups import Exact, In
from django.db.models.sql.where import AND


class Whose:
    """``owners`` are expressions of the right type, ``others`` says whether the queryset has other conditions too."""

    def __init__(self, rows: Any) -> None:
        self.owner: RawSQL | None = None
        self.is_known = self.others = False
        for node, place, child in _conditions(rows.query.where):
            if _column(child) == "owner_id":
                self.is_known = True
                self._cast(rows, node, place, child)
            elif _column(child) == "conversation_id":
                self.is_known = self.others = True
            else:
                self.others = True

    def _cast(self, rows: Any, node: Any, place: int, child: Any) -> None:
        """In place: the queryset must be the caller's own."""
        if not isinstance(child, Exact) or hasattr(child.rhs, "resolve_expression"):
            self.others = True
            return
        self.owner = owner_key(child.rhs, rows.db)
        node.children[place] = cast = copy.copy(child)
        cast.rhs = self.owner


def owner_key(value: Any, using: str) -> RawSQL:
    prepared = get_user_model()._meta.pk.get_db_prep_value(value, connections[using])
    return RawSQL(f"%s::{owner_type(using)}", [prepared])


def owner_type(using: str) -> str:
    """Of the columns that hold an owner's key."""
    return str(get_user_model()._meta.pk.rel_db_type(connections[using]))


def _conditions(where: Any) -> Iterator[tuple[Any, int, Any]]:
    """Those that every row must meet."""
    for place, child in enumerate(where.children):
        if getattr(child, "children", None) is None:
            yield where, place, child
        elif child.connector == AND and not child.negated:
            yield from _conditions(child)
        else:
            yield where, place, None


def _column(child: Any) -> str | None:
    is_one_of_some = isinstance(child, Exact | In) and isinstance(child.lhs, Col)
    return child.lhs.target.column if is_one_of_some else None
