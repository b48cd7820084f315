"""A list by pages without a COUNT over the table and without an OFFSET, at the same price at any depth."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ..models.keyset import after_row, before_row

AFTER, BEFORE, END = "after", "before", "end"


class KeysetChangeList(ChangeList):
    """Rows in the order of ``model_admin.ordering``, which is a time and the id, both descending.

    A page is asked for by ``?after=`` or ``?before=`` a place: time and id of the last row seen. Not the id
    alone: a conversation that gets a message meanwhile jumps to the top, and the next page must not follow.
    ``?before=end`` is the last page.
    """

    is_ranked = has_more_hits = False
    newest_url: str | None = None
    newer_url: str | None = None
    older_url: str | None = None
    oldest_url: str | None = None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """One order only: each other one would need an index of its own."""
        return list(self._order)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        filters = super().get_filters_params(params)
        return {name: filters[name] for name in filters if name not in (AFTER, BEFORE)}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Another filter starts at the newest row again."""
        return super().get_query_string(new_params, [AFTER, BEFORE, *(remove or [])])

    def get_results(self, request: HttpRequest) -> None:
        after, before = self.params.pop(AFTER, None), self.params.pop(BEFORE, None)
        rows = self._admin.for_list(request, self.queryset)
        self.is_ranked = bool(self.query) and self._admin.is_ranked
        if self.is_ranked:
            page = self._best(rows)
        else:
            page = (self._page_before(rows, before) if before else None) or self._page_after(rows, after)
        self.result_list = [self._admin.as_seen_by(request, row) for row in page]
        if self.newer_url:
            self.newest_url = self.get_query_string()
        if self.older_url:
            self.oldest_url = self.get_query_string({BEFORE: END})
        # The rest is what the templates of the admin ask for. As nobody counts, a page is all there is.
        self.result_count = self.full_result_count = len(page)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(page)

    def _best(self, rows: QuerySet[Any]) -> list[Model]:
        """Hits have no pages: who did not find it among the best of them needs other words, not the next ones."""
        page, self.has_more_hits = self._cut(rows)
        return page

    def _page_after(self, rows: QuerySet[Any], place: str | None) -> list[Model]:
        if place:
            rows = rows.filter(after_row(self._row_at(place), self._order))
        page, more = self._cut(rows)
        if place:
            self.newer_url = self._url(BEFORE, page[0]) if page else self.get_query_string()
        if more:
            self.older_url = self._url(AFTER, page[-1])
        return page

    def _page_before(self, rows: QuerySet[Any], place: str) -> list[Model] | None:
        """None where a page does not fill up: the top is reached, and the first page is shown whole."""
        if place != END:
            rows = rows.filter(before_row(self._row_at(place), self._order))
        page, more = self._cut(rows.reverse())
        if not more:
            return None
        page.reverse()
        self.newer_url = self._url(BEFORE, page[0])
        if place != END:
            self.older_url = self._url(AFTER, page[-1])
        return page

    def _cut(self, rows: QuerySet[Any]) -> tuple[list[Model], bool]:
        """A page, and whether there is more: known by one row too many, not by counting."""
        found = list(rows[: self.list_per_page + 1])
        return found[: self.list_per_page], len(found) > self.list_per_page

    def _url(self, direction: str, row: Model) -> str:
        moment = getattr(row, self._time_field)
        return self.get_query_string({direction: f"{moment.isoformat()}_{row.pk}"})

    def _row_at(self, place: str) -> Model:
        moment, _, key = place.partition("_")
        try:
            row = self.model(**{self._time_field: dt.datetime.fromisoformat(moment), "id": uuid.UUID(key)})
        except ValueError as error:
            raise IncorrectLookupParameters from error
        if timezone.is_aware(getattr(row, self._time_field)) != settings.USE_TZ:
            raise IncorrectLookupParameters
        return row

    @property
    def _admin(self) -> Any:
        """A BrowsingAdmin, which this file cannot import."""
        return self.model_admin

    @property
    def _order(self) -> tuple[str, str]:
        return self._admin.ordering

    @property
    def _time_field(self) -> str:
        return self._order[0].removeprefix("-")
