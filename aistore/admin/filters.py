"""What conversations can be filtered by. Each is answered by an index, or by a walk along one that ends soon."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..fields import escape, unescape
from ..models import Message
from ..models.asked import UNFINISHED, WENT_WRONG
from ..models.kinds import Status
from ..models.rules import is_indexed
from .display import line

# The sources, tags and models offered are those of the newest conversations: DISTINCT over all of them would read the
# table. An older one still works in the address.
LOOKED_AT = 1000
MOST_OFFERED = 100  # of each, the most frequent

# Every model that a message has, one step down the index for each.
MODELS = """
    WITH RECURSIVE known (model) AS (
        (SELECT model FROM aistore_message WHERE model <> '' AND char_length(model) <= 255 ORDER BY model LIMIT 1)
      UNION ALL
        SELECT (
            SELECT next.model FROM aistore_message AS next
            WHERE next.model > known.model AND next.model <> '' AND char_length(next.model) <= 255
            ORDER BY next.model LIMIT 1
        )
        FROM known WHERE known.model IS NOT NULL
    )
    SELECT model FROM known WHERE model IS NOT NULL LIMIT %s"""


class ChoiceFilter(admin.SimpleListFilter):
    """A choice in the form above a list."""

    template = "aistore/admin/choice.html"

    def has_output(self) -> bool:
        return bool(self.lookup_choices or self.value())


class NameFilter(ChoiceFilter):
    """The choices are words that somebody made up: an address cannot carry each of them as it is."""

    def chosen(self) -> str:
        return unescape(self.value() or "")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = {*self.names(offered(request, model_admin)), self.chosen()} - {""}
        return [(escape(name), line(name, 40)) for name in sorted(names)]

    def names(self, offered: "Offered") -> list[str]:
        raise NotImplementedError


class ModelFilter(NameFilter):
    title = _("model")
    parameter_name = "model"

    def names(self, offered: "Offered") -> list[str]:
        return offered.models

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The model of the conversation, or of any of its messages."""
        if not self.chosen():
            return queryset
        said = Message.objects.filter(is_indexed("model"), model=self.chosen(), conversation=OuterRef("pk"))
        return queryset.filter(Q(model=self.chosen()) | Exists(said))


class TagFilter(NameFilter):
    title = _("tag")
    parameter_name = "tag"
    is_read = True  # see BrowsingAdmin.get_list_filter

    def names(self, offered: "Offered") -> list[str]:
        return offered.tags

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen():
            return queryset
        return queryset.exclude(tags=[]).filter(tags__contains=[self.chosen()])  # as the index says it


class SourceFilter(NameFilter):
    title = _("source")
    parameter_name = "source"

    def names(self, offered: "Offered") -> list[str]:
        return offered.sources

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_indexed("source"), source=self.chosen()) if self.chosen() else queryset


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, Status(name).label) for name in ("streaming", *UNFINISHED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those with such a message; nearly all have complete ones."""
        if self.value() == Status.STREAMING:
            return queryset.filter(having(status=Status.STREAMING))
        if self.value() in UNFINISHED:
            return queryset.filter(having(Q(status__in=UNFINISHED), status=self.value()))
        return queryset


class RatingFilter(ChoiceFilter):
    title = _("rating")
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("good", _("good")), ("bad", _("bad"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rating = {"good": 1, "bad": -1}.get(self.value() or "")
        return queryset.filter(having(rating=rating)) if rating else queryset


class ErrorFilter(ChoiceFilter):
    title = _("error")
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("a message or a tool failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(having(WENT_WRONG)) if self.value() == "yes" else queryset


class FlagFilter(ChoiceFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        flag = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if flag is None else queryset.filter(**{f"is_{self.parameter_name}": flag})


class PinnedFilter(FlagFilter):
    title = _("pinned")
    parameter_name = "pinned"


class ArchivedFilter(FlagFilter):
    title = _("archived")
    parameter_name = "archived"


def having(*conditions: Q, **values: Any) -> Exists:
    return Exists(Message.objects.filter(*conditions, conversation=OuterRef("pk"), **values))


@dataclass(frozen=True)
class Offered:
    sources: list[str]
    models: list[str]
    tags: list[str]


def offered(request: HttpRequest, model_admin: Any) -> Offered:
    """Asked once for all filters of a page."""
    known = getattr(request, "aistore_offered", None)
    if known is None:
        known = request.aistore_offered = _newest(model_admin.get_queryset(request), model_admin.ordering)  # type: ignore[attr-defined]
    return known


def _newest(rows: QuerySet[Any], ordering: Any) -> Offered:
    names = [
        name for name in ("source", "model", "tags") if name in {f.name for f in rows.model._meta.fields}
    ]
    newest = rows.order_by(*ordering).select_related(None).values(*names)[:LOOKED_AT]
    counts = {name: Counter[str]() for name in ("source", "model", "tags")}
    for row in newest:
        for name, value in row.items():
            counts[name].update(value if isinstance(value, list) else [value])
    models = _models_of_messages(rows.db) if "model" in names else []
    return Offered(_most(counts["source"]), [*_most(counts["model"]), *models], _most(counts["tags"]))


def _most(names: Counter[str]) -> list[str]:
    return [name for name, _count in names.most_common(MOST_OFFERED)]


def _models_of_messages(using: str) -> list[str]:
    with connections[using].cursor() as cursor:
        cursor.execute(MODELS, [MOST_OFFERED])
        return [unescape(model) for (model,) in cursor.fetchall()]
