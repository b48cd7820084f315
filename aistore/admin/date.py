"""Rows from one day to another, as a filter: served by the index that the list is read from."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SINCE, UNTIL = "since", "until"  # days, both included


class DateFilter(admin.ListFilter):
    title = _("date")
    template = "aistore/admin/date_filter.html"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.column = model_admin.ordering[0].removeprefix("-")
        self.label = model_admin.time_label or model._meta.get_field(self.column).verbose_name
        self.since, self.until = (_last(params.pop(name, "")) for name in (SINCE, UNTIL))

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [SINCE, UNTIL]

    def choices(self, changelist: Any) -> Any:
        """None to click: the form has two fields for days."""
        yield from ()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.since:
            queryset = queryset.filter(**{f"{self.column}__gte": _start(self.since)})
        if self.until:
            queryset = queryset.filter(**{f"{self.column}__lt": _start(self.until, days=1)})
        return queryset


def _last(values: Any) -> str:
    return values[-1] if isinstance(values, list) else values


def _start(text: str, *, days: int = 0) -> dt.datetime:
    """When the day begins where the reader's clock stands."""
    try:
        midnight = dt.datetime.combine(dt.date.fromisoformat(text) + dt.timedelta(days), dt.time())
        return timezone.make_aware(midnight) if settings.USE_TZ else midnight
    except (ValueError, OverflowError) as error:
        raise IncorrectLookupParameters from error
