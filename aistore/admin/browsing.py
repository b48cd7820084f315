"""What all our lists have in common: newest first, by keyset, to look at and not to write in."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..fields import escape
from .changelist import KeysetChangeList
from .owner import PARAMETER as OWNER

SEARCHED_CHARACTERS = 200  # of what was typed; each word is one more condition on each row


class BrowsingAdmin(admin.ModelAdmin):
    ordering: ClassVar[tuple[str, str]]  # a time and the id, see KeysetChangeList
    # What may stand in the address of a list. Django's default, every lookup of every column, hands regular
    # expressions and JSON paths of a stranger to the database.
    allowed_lookups: ClassVar[frozenset[str]] = frozenset()

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

    def for_list(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What the rows of a page need beyond the queryset that actions work on."""
        return queryset

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
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
        return super().get_search_results(request, queryset, escape(search_term[:SEARCHED_CHARACTERS]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
