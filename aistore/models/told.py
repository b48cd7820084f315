"""Querysets whose bulk writes are told to the cache, exactly those rows that the database says it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, transaction
from django.db.models.deletion import Collector
from django.db.models.sql import DeleteQuery, UpdateQuery

M = TypeVar("M", bound=models.Model)
Rows = list[tuple[Any, ...]]


class Owned(models.Model):
    """Rows that remember whose lists have them, for the day when save() gives them another owner."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **options: Any) -> Any:
        row = super().from_db(db, field_names, values, **options)
        row.remember_owner()
        return row

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        super().refresh_from_db(*args, **options)
        self.remember_owner()

    def remember_owner(self) -> set[Any]:
        """This owner and the one before."""
        owners = {self.__dict__.get("owner_id"), getattr(self._state, "aistore_owner_id", None)} - {None}
        self._state.aistore_owner_id = self.__dict__.get("owner_id")  # type: ignore[attr-defined]
        return owners


class ToldQuerySet(models.QuerySet[M]):
    """``told_by`` names the columns that say which units a row belongs to; ``_tell`` forgets these units.

    update() and delete() ask for these columns with RETURNING: asked before or after, in a statement of their own, the
    answer could miss a row that another writer brought in between. What Django does in several statements (models of
    the host that inherit from ours, or refer to them with on_delete) is left to Django, and asked before.
    """

    told_by: Sequence[str] = ()

    def _tell(self, using: str, rows: Iterable[Sequence[Any]]) -> None:
        raise NotImplementedError

    def update(self, **values: Any) -> int:
        if not values or self.query.is_sliced or self.query.combinator:
            return super().update(**values)  # which does nothing, or says why not
        self._for_write = True
        if self._has_parents():
            ids = list(self.values_list("pk", flat=True))
            rows = self.model._base_manager.using(self.db).filter(pk__in=ids)
            before: Rows = list(rows.values_list(*self.told_by))
            updated = super().update(**values)
            self._tell(self.db, [*before, *rows.values_list(*self.told_by)])
            return updated
        moved = self._moved(values)
        query: Any = self.query.chain(UpdateQuery)
        query.add_update_values(values)
        query.clear_ordering(force=True)
        query.clear_select_clause()
        told = self._returning(query)
        self._tell(self.db, [*moved, *told])
        return len(told)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        if self._may_not_be_deleted():
            return super().delete()  # which says why not
        self._for_write = True
        if not Collector(using=self.db, origin=self).can_fast_delete(self):
            told = self._belonging()
            deleted = super().delete()
            self._tell(self.db, told)
            return deleted
        query = self.query.chain(DeleteQuery)
        query.select_for_update = query.select_related = False
        query.clear_ordering(force=True)
        rows = self._returning(query)
        self._tell(self.db, rows)
        return len(rows), {self.model._meta.label: len(rows)} if rows else {}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        rows = list(objs)
        updated = self._updated_by_conflict(rows) if options.get("update_conflicts") else []
        made = super().bulk_create(rows, *args, **options)
        self._tell(self.db, [*updated, *[tuple(getattr(row, name) for name in self.told_by) for row in made]])
        return made

    def _moved(self, values: dict[str, Any]) -> Rows:
        """What the rows belong to, where the update moves them to another owner or conversation."""
        moving = {"owner", "owner_id", "conversation", "conversation_id"} & values.keys()
        return self._belonging() if moving else []

    def _belonging(self) -> Rows:
        return list(self.order_by().values_list(*self.told_by))

    def _updated_by_conflict(self, rows: list[M]) -> Rows:
        """What rows that are there already belong to, before they get other owners."""
        self._for_write = True
        known = self.model._base_manager.using(self.db).filter(pk__in=[row.pk for row in rows])
        return list(known.values_list(*self.told_by))

    def _returning(self, query: Any) -> Rows:
        connection, meta = connections[self.db], self.model._meta
        quote = connection.ops.quote_name
        table = quote(meta.db_table)
        columns = ", ".join(f"{table}.{quote(_column(meta, name))}" for name in self.told_by)
        try:
            sql, parameters = query.get_compiler(self.db).as_sql()
        except EmptyResultSet:
            return []
        with transaction.mark_for_rollback_on_error(using=self.db), connection.cursor() as cursor:
            cursor.execute(f"{sql} RETURNING {columns}", parameters)
            rows: Rows = cursor.fetchall()
        self._result_cache = None
        return rows

    def _may_not_be_deleted(self) -> bool:
        query, fields = self.query, self._fields  # type: ignore[attr-defined]
        return bool(query.is_sliced or query.combinator or query.distinct_fields) or fields is not None

    def _has_parents(self) -> bool:
        return bool(self.model._meta.concrete_model._meta.parents)  # type: ignore[union-attr]


def _column(meta: Any, attname: str) -> str:
    return next(field.column for field in meta.concrete_fields if field.attname == attname)
