"""search(): hits as a queryset that chains, each row with its ``rank`` and its ``snippet``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models.query import ModelIterable
from django.db.models.sql.where import WhereNode

from ..exceptions import MissingOwner
from ..search.query import Query, parse
from ..search.snippets import snippet
from . import candidates
from .hits import Hits, of_hits
from .told import ToldQuerySet
from .whose import Whose

M = TypeVar("M", bound=models.Model)


class Snippets(ModelIterable):
    """Rows that show where the words are."""

    def __iter__(self) -> Iterator[Any]:
        rows: Any = self.queryset
        for row in super().__iter__():
            row.snippet = snippet(rows._text_of_hit(row), rows._searched_for)
            yield row


class SearchableQuerySet(ToldQuerySet[M]):
    _is_of_everyone = False
    _searched_for: Query | None = None

    def of_everyone(self) -> Self:
        """Say that a search over everybody's rows is meant."""
        rows = self._chain()  # type: ignore[attr-defined]
        rows._is_of_everyone = True
        return rows

    def search(self, words: str, *, limit: int | None = None) -> Self:
        """What a person types: words, "words in order", -unwanted, this OR that; the last word may only be begun; any
        script, pieces of words, any bytes. Best first, the newest 1,000 hits at most (Note [Candidates]).

        Each row has ``rank`` and ``snippet`` (some 200 characters of HTML, escaped, the words in <mark>). Filters and
        owner come before search(). Raises MissingOwner without an owner, a conversation or of_everyone().
        """
        inner = self._unsliced()
        whose = Whose(inner)
        if not whose.is_known and not inner._is_of_everyone:
            name = self.model._meta
            raise MissingOwner(call="search", kind=str(name.verbose_name_plural), model=name.object_name)
        query = parse(words)
        try:
            rows = self._found(inner, whose, query) if query else self.none()
        except EmptyResultSet:
            rows = self.none()
        return rows if limit is None else rows[:limit]

    def _found(self, inner: Any, whose: Whose, query: Query) -> Any:
        sql, parameters = self._hits(inner, whose, query)
        rows = inner._chain()
        rows._is_of_everyone = True  # a search among the hits is one among their owners'
        parent = rows.query.get_initial_alias()
        if sum(count > 0 for count in rows.query.alias_refcount.values()) == 1:
            # The hits have met the conditions, which would only lead the planner astray.
            rows.query.where = WhereNode()
        alias = rows.query.join(Hits(sql, parameters, parent))
        rows = rows.annotate(**self._of_hits(alias)).order_by("-rank", "-pk")
        rows._searched_for = query
        if rows._iterable_class is ModelIterable:
            rows._iterable_class = Snippets
        return rows

    def _hits(self, inner: Any, whose: Whose, query: Query) -> candidates.Statement:
        is_boundless = not whose.is_known
        return candidates.ranked(inner, query, candidates.TABLES[self.model._meta.db_table], is_boundless)

    def _of_hits(self, alias: str) -> dict[str, Any]:
        return {"rank": of_hits(alias, "{t}.rank", models.FloatField())}

    def _text_of_hit(self, row: Any) -> str:
        """A text that was deferred is not fetched for it."""
        return str(row.__dict__.get("content", ""))

    def _unsliced(self) -> Any:
        """A copy of one's own, to which conditions may be added. The owner of a slice is the owner of the whole."""
        if not self.query.is_sliced and not self.query.combinator:
            return self._chain()  # type: ignore[attr-defined]
        whole: Any = self._chain()  # type: ignore[attr-defined]
        whole.query.clear_limits()
        rows: Any = self.model._default_manager.using(self.db).filter(pk__in=self.values("pk"))
        rows._is_of_everyone = self._is_of_everyone or Whose(whole).is_known
        return rows

    def _clone(self) -> Self:
        rows: Any = super()._clone()  # type: ignore[misc]
        rows._is_of_everyone, rows._searched_for = self._is_of_everyone, self._searched_for
        return rows
