"""Audit entries, to look at: who read, exported or erased what."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import AuditEntry
from . import date
from .browsing import BrowsingAdmin
from .display import ago, isolated, line
from .filters import ChoiceFilter
from .owner import PARAMETER as OWNER_PARAMETER
from .owner import OwnerFilter, owner_url
from .recording import ERASE, EXPORT, OWNER, READ

ACTIONS = [READ, EXPORT, ERASE, "restore"]


# The page of each kind of object.
PAGES = {name: f"aistore_{name}_change" for name in ("conversation", "memory", "upload")} | {
    OWNER: "aistore_owner"
}


class ActionFilter(ChoiceFilter):
    title = gettext_lazy("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, line(action)) for action in dict.fromkeys([*ACTIONS, self.value()]) if action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(BrowsingAdmin):
    ordering = ("-at", "-id")
    list_display = ["when", "who", "what", "object_kind", "object_link", "of_whom"]
    readonly_fields = ["when", "who", "what", "object_kind", "object_link", "of_whom"]
    fields = [*readonly_fields]
    list_select_related = ["actor", "owner"]
    list_filter = [OwnerFilter, ActionFilter, date.DateFilter]
    allowed_lookups = frozenset({OWNER_PARAMETER, ActionFilter.parameter_name, date.SINCE, date.UNTIL})
    time_label = gettext_lazy("done")
    reading_is_recorded = False  # or the record of who read would grow by being read

    def as_seen_by(self, request: HttpRequest, row: Any) -> Any:
        """No content is in it: its own right is enough."""
        return row

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("at"))
    def when(self, entry: AuditEntry) -> SafeString:
        return ago(entry.at)

    @admin.display(description=gettext_lazy("actor"))
    def who(self, entry: AuditEntry) -> SafeString:
        return _person(entry.actor, entry.actor_id, nobody=_("a command"))

    @admin.display(description=gettext_lazy("action"))
    def what(self, entry: AuditEntry) -> SafeString:
        return isolated(line(entry.action))

    @admin.display(description=gettext_lazy("kind"))
    def object_kind(self, entry: AuditEntry) -> SafeString:
        return isolated(line(entry.kind))

    @admin.display(description=gettext_lazy("object"))
    def object_link(self, entry: AuditEntry) -> SafeString:
        """A link also where the row is gone: the page then says so."""
        if entry.kind not in PAGES or not entry.object_id:
            return isolated(line(entry.object_id))
        url = reverse(f"{self.admin_site.name}:{PAGES[entry.kind]}", args=[entry.object_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, line(entry.object_id))

    @admin.display(description=gettext_lazy("owner"))
    def of_whom(self, entry: AuditEntry) -> SafeString:
        shown = _person(entry.owner, entry.owner_id, nobody="")
        if entry.owner is None:
            return shown
        return format_html('<a href="{}">{}</a>', owner_url(self.admin_site.name, entry.owner_id), shown)


def _person(user: Any, user_id: Any, *, nobody: str) -> SafeString:
    """An entry outlives the accounts it names."""
    if user is not None:
        return isolated(line(str(user)))
    return isolated(nobody if user_id is None else _("deleted user %(id)s") % {"id": user_id})
