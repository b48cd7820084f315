"""SQL inside a queryset: a condition over the row's own table, and a join of hits that carry more than their id.

Django has no door for a derived table. A join only has to look like its own: these few attributes are what ``Query``
asks of it, in 5.2 as in 6.1.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models.expressions import Expression
from django.db.models.sql.constants import INNER


class OfTable(Expression):
    """``{t}`` in the SQL stands for the table of the queryset, under whatever alias."""

    def __init__(
        self, sql: str, parameters: Any = (), output_field: models.Field[Any, Any] | None = None
    ) -> None:
        super().__init__(output_field=output_field or models.BooleanField())
        self.sql, self.parameters, self.alias = sql, tuple(parameters), ""

    def resolve_expression(self, query: Any = None, *args: Any, **options: Any) -> OfTable:
        resolved = self.copy()
        resolved.alias = self.alias or query.get_initial_alias()
        return resolved

    def relabeled_clone(self, change_map: Mapping[str, str]) -> OfTable:
        clone = self.copy()
        clone.alias = change_map.get(self.alias, self.alias)
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return self.sql.replace("{t}", _quoted(compiler, self.alias)), self.parameters

    @property
    def identity(self) -> tuple[Any, ...]:
        return type(self), self.sql, repr(self.parameters), self.alias

    def get_group_by_cols(self) -> list[Any]:
        return [self]


class Hits:
    """``INNER JOIN (sql) AS hits ON hits.id = the table's key``."""

    table_name = "aistore_hits"
    table_alias: str
    join_type = INNER
    nullable = False
    filtered_relation = join_field = None

    def __init__(self, sql: str, parameters: list[Any], parent_alias: str) -> None:
        self.sql, self.parameters, self.parent_alias = sql, parameters, parent_alias
        self.table_alias = self.table_name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        hits, parent = (_quoted(compiler, alias) for alias in (self.table_alias, self.parent_alias))
        return f"INNER JOIN ({self.sql}) AS {hits} ON ({hits}.id = {parent}.id)", list(self.parameters)

    def relabeled_clone(self, change_map: dict[str, str]) -> Hits:
        clone = copy.copy(self)
        clone.parent_alias = change_map.get(self.parent_alias, self.parent_alias)
        clone.table_alias = change_map.get(self.table_alias, self.table_alias)
        return clone

    def promote(self) -> Hits:
        return self

    demote = promote


def of_hits(alias: str, sql: str, output_field: models.Field[Any, Any]) -> OfTable:
    """As OfTable, but ``{t}`` is the hits."""
    made = OfTable(sql, output_field=output_field)
    made.alias = alias
    return made


def _quoted(compiler: Any, alias: str) -> str:
    """As the compiler itself writes it: until 6.1 an alias goes without quotes."""
    quote = getattr(compiler, "quote_name", None) or compiler.quote_name_unless_alias
    return str(quote(alias))
