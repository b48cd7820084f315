"""Pinning and archiving, for those that were chosen in the list."""

from typing import Any

from django.contrib import admin
from django.contrib.messages import INFO, SUCCESS
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext


class MarkActions(admin.ModelAdmin):
    @admin.action(description=gettext_lazy("Pin"), permissions=["change"])
    def pin(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.pin()
        text = ngettext("Pinned %(count)d conversation.", "Pinned %(count)d conversations.", count)
        self._tell(request, text, count)

    @admin.action(description=gettext_lazy("Unpin"), permissions=["change"])
    def unpin(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.unpin()
        text = ngettext("Unpinned %(count)d conversation.", "Unpinned %(count)d conversations.", count)
        self._tell(request, text, count)

    @admin.action(description=gettext_lazy("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.archive()
        text = ngettext("Archived %(count)d conversation.", "Archived %(count)d conversations.", count)
        self._tell(request, text, count)

    @admin.action(description=gettext_lazy("Unarchive"), permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.unarchive()
        text = ngettext("Unarchived %(count)d conversation.", "Unarchived %(count)d conversations.", count)
        self._tell(request, text, count)

    def _tell(self, request: HttpRequest, text: str, count: int) -> None:
        if count:
            self.message_user(request, text % {"count": count}, SUCCESS)
        else:
            self.message_user(request, _("Nothing changed: all of them were so already."), INFO)
