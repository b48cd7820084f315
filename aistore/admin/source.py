"""The source of conversations (chatgpt, claude, api …) as a filter."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..fields import escape, unescape
from .display import isolated, line

PARAMETER = "source"
# The names offered are those of the newest conversations: DISTINCT over all of them would read the table, and an
# index for it alone would cost each new conversation. An older name still works in the address.
LOOKED_AT = 1000


class SourceFilter(admin.SimpleListFilter):
    title = _("source")
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = model_admin.get_queryset(request).order_by(*model_admin.ordering)
        names = {*newest.values_list("source", flat=True)[:LOOKED_AT], unescape(self.value() or "")}
        # escaped, because an address cannot carry every character that a source may have
        return [(escape(name), isolated(line(name, 40))) for name in sorted(names) if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(source=unescape(chosen)) if chosen else queryset
