"""What leaves the house through the admin: conversations as a file, put on record before the first byte."""

from typing import Any

from django.contrib import admin
from django.contrib.messages import SUCCESS
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from .. import interop
from ..models import Conversation
from .recording import EXPORT, record
from .rights import may_export

CONTENT_TYPES = {"jsonl": "application/x-ndjson", "markdown": "text/markdown; charset=utf-8"}
ENDINGS = {"jsonl": "jsonl", "markdown": "md"}


class ExportActions(admin.ModelAdmin):
    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_export(request)

    @admin.action(description=gettext_lazy("Export as JSONL"), permissions=["export"])
    def export_jsonl(self, request: HttpRequest, queryset: Any) -> StreamingHttpResponse:
        return self._export(request, queryset, "jsonl")

    @admin.action(description=gettext_lazy("Export as Markdown"), permissions=["export"])
    def export_markdown(self, request: HttpRequest, queryset: Any) -> StreamingHttpResponse:
        return self._export(request, queryset, "markdown")

    def _export(self, request: HttpRequest, queryset: Any, format: str) -> StreamingHttpResponse:
        """What was done is told on the next page: this answer is the file."""
        chosen = list(queryset.select_related(None).only("owner"))
        record(request, EXPORT, chosen)
        text = ngettext("Exported %(count)d conversation.", "Exported %(count)d conversations.", len(chosen))
        self.message_user(request, text % {"count": len(chosen)}, SUCCESS)
        rows = Conversation.objects.filter(pk__in=[row.pk for row in chosen])
        return download(request, rows.order_by(*(self.ordering or ())), format, name="conversations")


def download(request: HttpRequest, conversations: Any, format: str, *, name: str) -> StreamingHttpResponse:
    """As a stream: the first conversation is on its way before the last one is read. A file to keep, never a page to
    show: what strangers wrote is in it."""
    if not may_export(request):
        raise PermissionDenied
    file = f"{name}-{timezone.now():%Y-%m-%d}.{ENDINGS[format]}"
    return StreamingHttpResponse(
        interop.chunks(conversations, format),
        content_type=CONTENT_TYPES[format],
        headers={
            "Content-Disposition": f'attachment; filename="{file}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
