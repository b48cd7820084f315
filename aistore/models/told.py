"""Querysets whose bulk writes are told to the cache, exactly those rows that the database says it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, transaction
from django.db.models import signals
from django.db.models.sql import DeleteQuery, UpdateQuery

M = TypeVar("M", bound=models.Model)
Rows = list[tuple[Any, ...]]


class ToldQuerySet(models.QuerySet[M]):
    """``told_by`` names the columns that say which units a row belongs to; ``tell`` forgets these units.

    update() and delete() ask for these columns with RETURNING: asked before or after, in a statement of their own, the
    answer could miss a row that another writer brought in between.
    """

    told_by: Sequence[str] = ()

    def tell(self, using: str, rows: Iterable[Sequence[Any]]) -> None:
        raise NotImplementedError

    def update(self, **values: Any) -> int:
        if self.query.is_sliced or self.query.combinator:
            return super().update(**values)  # which says why not
        self._for_write = True
        moved = self._before(values)
        query = self.query.chain(UpdateQuery)
        query.add_update_values(values)
        query.annotations = {}
        query.clear_ordering(force=True)
        rows = self._returning(query)
        self._result_cache = None
        self.tell(self.db, [*moved, *rows])
        return len(rows)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        if self._has_receivers() or self.query.is_sliced or self.query.distinct or self.query.combinator:
            rows: Rows = list(self.values_list(*self.told_by)) if not self.query.is_sliced else []
            deleted = super().delete()
            self.tell(self.db, rows)
            return deleted
        self._for_write = True
        query = self.query.chain(DeleteQuery)
        query.clear_ordering(force=True)
        rows = self._returning(query)
        self._result_cache = None
        self.tell(self.db, rows)
        return len(rows), {self.model._meta.label: len(rows)} if rows else {}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        made = super().bulk_create(objs, *args, **options)
        self.tell(self.db, [[getattr(row, name) for name in self.told_by] for row in made])
        return made

    def _before(self, values: dict[str, Any]) -> Rows:
        """What the rows belonged to, where the update moves them to another owner or conversation."""
        moving = {"owner", "owner_id", "conversation", "conversation_id"} & values.keys()
        return list(self.order_by().values_list(*self.told_by)) if moving else []

    def _returning(self, query: Any) -> Rows:
        connection = connections[self.db]
        try:
            sql, parameters = query.get_compiler(self.db).as_sql()
        except EmptyResultSet:
            return []
        quote, meta = connection.ops.quote_name, self.model._meta
        columns = ", ".join(
            f"{quote(meta.db_table)}.{quote(meta.get_field(name.removesuffix('_id')).column if name != 'id' else name)}"
            for name in self.told_by
        )
        with transaction.mark_for_rollback_on_error(using=self.db), connection.cursor() as cursor:
            cursor.execute(f"{sql} RETURNING {columns}", parameters)
            return cursor.fetchall()

    def _has_receivers(self) -> bool:
        return any(signal.has_listeners(self.model) for signal in (signals.pre_delete, signals.post_delete))
