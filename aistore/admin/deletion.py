"""Deleting, told by counts: the database cascades, and no message is fetched to be listed or deleted."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import ngettext

LISTED = 20  # rows by name on the page that asks "are you sure?"

Told = tuple[list[str], dict[str, int], set[str], list[str]]


def as_queryset(model_admin: admin.ModelAdmin, rows: Any) -> QuerySet[Any]:
    """The admin deletes one row from a list and many from a queryset."""
    if isinstance(rows, QuerySet):
        return rows
    return model_admin.model._default_manager.filter(pk__in=[row.pk for row in rows])


def told(rows: QuerySet[Any], cascade: dict[Any, int], name: Callable[[Any], str] = str) -> Told:
    """What Django's ``get_deleted_objects`` returns: names, counts, permissions that lack, what protects.
    ``cascade``: how many of what else goes with the rows. Who may delete the rows may delete that: the view and
    the action have asked already."""
    count = rows.count()
    counts = {rows.model._meta.verbose_name_plural: count} | cascade
    return (
        _names(rows, count, name),
        {str(name): number for name, number in counts.items() if number},
        set(),
        [],
    )


def _names(rows: QuerySet[Any], count: int, name: Callable[[Any], str]) -> list[str]:
    names = [name(row) for row in rows[:LISTED]]
    more = count - len(names)
    if more > 0:
        names.append(ngettext("… and %(count)d more", "… and %(count)d more", more) % {"count": more})
    return names
