"""What all our lists have in common: newest first, by keyset, to look at and not to write in."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import router, transaction
from django.db.models import Model, QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..fields import escape
from . import searching
from .changelist import KeysetChangeList
from .deletion import Told, as_queryset, told
from .owner import PARAMETER as OWNER
from .policy import GuardedPages
from .recording import ERASE, READ, record
from .rights import may_read, nameless, wordless

SEARCHED_CHARACTERS = 200  # of what was typed; each word is one more condition on each row


class BrowsingAdmin(GuardedPages):
    ordering: ClassVar[tuple[str, str]]  # a time and the id, see KeysetChangeList
    # What may stand in the address of a list. Django's default, every lookup of every column, hands regular
    # expressions and JSON paths of a stranger to the database.
    allowed_lookups: ClassVar[frozenset[str]] = frozenset()

    reading_is_recorded = True
    time_label: Any = None  # of what a list is ordered by, where the name of the column would not read
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # a count for each choice of each filter
    sortable_by = ()
    empty_value_display = ""
    change_list_template = "aistore/admin/change_list.html"

    @property
    def media(self) -> Media:
        """Django's own, our stylesheet, and what the filter by owner needs."""
        widget = AutocompleteSelect(self.opts.get_field(OWNER), self.admin_site)
        return super().media + Media(css={"all": ["aistore/admin.css"]}) + widget.media

    # What a person gets to see of the rows. See rights: to list is not to read.

    def for_list(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What the rows of a page need beyond the queryset that actions work on."""
        return queryset

    def as_seen_by(self, request: HttpRequest, row: Any) -> Any:
        return row if may_read(request) else wordless(row)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        return row if row is None else self.as_seen_by(request, row)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """Put on record before anything of it is shown."""
        row = options.get("obj") or context.get("original")
        if self.reading_is_recorded and may_read(request):
            record(request, READ, [row])
        return super().render_change_form(request, context, *args, **options)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of what is only shown, what there is: no line for an error that did not happen."""
        shown = self.get_readonly_fields(request, obj)
        fields = super().get_fields(request, obj)
        return [name for name in fields if obj is None or name not in shown or self._value(name, obj)]

    def _value(self, name: Any, row: Any) -> Any:
        return getattr(self, name)(row) if hasattr(self, name) else getattr(row, name)

    def get_search_fields(self, request: HttpRequest) -> Any:
        """To find a word is to read it."""
        return super().get_search_fields(request) if may_read(request) else ()

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        filters = super().get_list_filter(request)
        return [each for each in filters if may_read(request) or not getattr(each, "is_read", False)]

    # The list.

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if "" in request.GET.values() and request.method == "GET":
            return HttpResponseRedirect(f"?{_without_empty(request.GET)}")
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.allowed_lookups

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if len(search_term) > SEARCHED_CHARACTERS:
            warning = _("Searched for the first %(count)d characters only.") % {"count": SEARCHED_CHARACTERS}
            messages.warning(request, warning)
        words = search_term[:SEARCHED_CHARACTERS]
        if not (words and self.is_ranked and may_read(request)):
            return super().get_search_results(request, queryset, escape(words))
        return searching.hits(queryset, words), False

    @property
    def is_ranked(self) -> bool:
        return searching.is_ranked(self.model)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        first, *rest = super().get_list_display(request)
        is_searched = self.is_ranked and may_read(request) and request.GET.get(SEARCH_VAR)
        # what was found needs the room: of whom and when are kept beside it
        return [first, "found", rest[0], rest[-1]] if is_searched else [first, *rest]

    @admin.display(description=gettext_lazy("found"))
    def found(self, row: Any) -> SafeString:
        return searching.where_found(self.admin_site.name, row)

    # Writing: none, but for deleting, which is put on record.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def goes_with(self, rows: QuerySet[Any]) -> dict[Any, int]:
        """How many of what else is deleted with these rows."""
        return {}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Told:
        rows = as_queryset(self, objs)
        return told(rows, self.goes_with(rows), lambda row: str(self.as_seen_by(request, row)))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic(using=router.db_for_write(self.model)):
            record(request, ERASE, [obj])
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic(using=router.db_for_write(self.model)):
            record(request, ERASE, queryset.select_related(None).only("owner"))
            super().delete_queryset(request, queryset)

    # The admin's own log: that something was changed, without its name, which it would keep for ever.

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return super().log_change(request, nameless(obj), message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return super().log_deletions(request, [nameless(row) for row in queryset])  # type: ignore[arg-type]


def _without_empty(given: QueryDict) -> str:
    """Of a form of filters, what somebody chose: an address to send to a colleague."""
    kept = given.copy()
    for name in given:
        kept.setlist(name, [value for value in given.getlist(name) if value])
    return kept.urlencode()
