"""Audit entries, to look at; and how the admin writes them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import AuditEntry, Conversation
from .browsing import BrowsingAdmin
from .display import ago, isolated, line


def entry(request: HttpRequest, action: str, conversation: Conversation) -> AuditEntry:
    """Who did what with which conversation, to be saved; for a deletion before it is gone."""
    return AuditEntry(
        actor_id=request.user.pk,
        action=action,
        kind=str(Conversation._meta.model_name),
        object_id=str(conversation.pk),
        owner_id=conversation.owner_id,
    )


@admin.register(AuditEntry)
class AuditEntryAdmin(BrowsingAdmin):
    ordering = ("-at", "-id")
    list_display = ["when", "who", "what", "object_kind", "object_link", "of_whom"]
    readonly_fields = ["when", "who", "what", "object_kind", "object_link", "of_whom"]
    fields = [*readonly_fields]
    list_select_related = ["actor", "owner"]

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
        if entry.kind != Conversation._meta.model_name:
            return isolated(line(entry.object_id))
        url = reverse(f"{self.admin_site.name}:aistore_conversation_change", args=[entry.object_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, line(entry.object_id))

    @admin.display(description=gettext_lazy("owner"))
    def of_whom(self, entry: AuditEntry) -> SafeString:
        return _person(entry.owner, entry.owner_id, nobody="")


def _person(user: Any, user_id: Any, *, nobody: str) -> SafeString:
    """An entry outlives the accounts it names."""
    if user is not None:
        return isolated(line(str(user)))
    return isolated(nobody if user_id is None else _("deleted user %(id)s") % {"id": user_id})
