"""Memories: what is remembered about whom, and where it was said."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Memory
from . import date
from .browsing import BrowsingAdmin
from .display import ago, badge, box, counted, isolated, line, tags
from .filters import ChoiceFilter, TagFilter
from .owner import PARAMETER as OWNER
from .owner import OwnerFilter, owner_link
from .provenance import provenance_link, with_provenance
from .rights import identity, is_wordless


class StateFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", _("current")), ("superseded", _("superseded"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        if self.value() == "current":
            return queryset.current()
        return queryset.filter(superseded_by__isnull=False) if self.value() == "superseded" else queryset


class MemoryTagFilter(TagFilter):
    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        return queryset.tagged(self.chosen()) if self.chosen() else queryset


@admin.register(Memory)
class MemoryAdmin(BrowsingAdmin):
    ordering = ("-created_at", "-id")
    list_display = ["fact", "of_whom", "tag_list", "importance_of_ten", "said_in", "learned"]
    list_filter = [OwnerFilter, StateFilter, MemoryTagFilter, date.DateFilter]
    allowed_lookups = frozenset({StateFilter.parameter_name, "tag", OWNER, date.SINCE, date.UNTIL})
    search_fields = ["content"]
    search_help_text = gettext_lazy("Words in the content.")
    readonly_fields = [
        "whole_fact", "asked", "of_whom", "tag_list", "importance_of_ten", "said_in", "replaced_by", "learned", "used",
        "until",
    ]  # fmt: skip
    fields = [*readonly_fields]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Memory]:
        return with_provenance(super().get_queryset(request), unread=["metadata"])

    @admin.display(description=gettext_lazy("content"))
    def fact(self, memory: Memory) -> SafeString:
        content = identity(memory) if is_wordless(memory) else isolated(line(memory.content))
        if memory.superseded_by_id is None:
            return content
        superseded = badge("note", _("superseded"))
        return format_html('<span class="aistore-superseded">{}</span> {}', content, superseded)

    @admin.display(description=gettext_lazy("owner"))
    def of_whom(self, memory: Memory) -> SafeString:
        return owner_link(self.admin_site.name, memory.owner, "memory")

    @admin.display(description=gettext_lazy("tags"))
    def tag_list(self, memory: Memory) -> SafeString:
        return tags(memory.tags)

    @admin.display(description=gettext_lazy("importance"))
    def importance_of_ten(self, memory: Memory) -> SafeString:
        return counted(memory.importance, _("of 10 in importance"))

    @admin.display(description=gettext_lazy("conversation"))
    def said_in(self, memory: Memory) -> SafeString | str:
        return provenance_link(self.admin_site.name, memory)

    @admin.display(description=gettext_lazy("learned"))
    def learned(self, memory: Memory) -> SafeString:
        return ago(memory.created_at)

    @admin.display(description=gettext_lazy("content"))
    def whole_fact(self, memory: Memory) -> SafeString:
        return box(memory.content)

    @admin.display(description=gettext_lazy("question"))
    def asked(self, memory: Memory) -> SafeString:
        return box(memory.question)

    @admin.display(description=gettext_lazy("superseded by"))
    def replaced_by(self, memory: Memory) -> SafeString | str:
        if memory.superseded_by_id is None:
            return ""
        url = reverse(f"{self.admin_site.name}:aistore_memory_change", args=[memory.superseded_by_id])
        name = memory.superseded_by_id if is_wordless(memory) else line(str(memory.superseded_by))
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, name)

    @admin.display(description=gettext_lazy("last used"))
    def used(self, memory: Memory) -> SafeString | str:
        return ago(memory.last_used_at) if memory.last_used_at else _("never")

    @admin.display(description=gettext_lazy("expires"))
    def until(self, memory: Memory) -> SafeString | str:
        return ago(memory.expires_at) if memory.expires_at else _("never")
