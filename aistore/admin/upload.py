"""Uploads: which files there are, what became of them, and a picture of those that are pictures."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from ..models import Upload
from ..models.upload import UploadStatus
from . import date
from .browsing import BrowsingAdmin
from .display import ago, badge, box, isolated, line, size
from .filters import ChoiceFilter
from .owner import PARAMETER as OWNER
from .owner import OwnerFilter, owner_link
from .preview import PreviewPages
from .provenance import provenance_link, with_provenance
from .rights import identity, is_wordless


class StatusFilter(ChoiceFilter):
    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return UploadStatus.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() in UploadStatus.values else queryset


@admin.register(Upload)
class UploadAdmin(PreviewPages, BrowsingAdmin):
    ordering = ("-created_at", "-id")
    list_display = ["file_name", "of_whom", "media_type", "file_size", "state", "belongs_to", "received"]
    list_filter = [OwnerFilter, StatusFilter, date.DateFilter]
    allowed_lookups = frozenset({StatusFilter.parameter_name, OWNER, date.SINCE, date.UNTIL})
    search_fields = ["name"]
    search_help_text = gettext_lazy("Words in the name.")
    readonly_fields = [
        "file_name", "of_whom", "media_type", "file_size", "sha256", "stored_as", "file_itself", "state", "reason",
        "belongs_to", "received", "processed", "picture", "extracted",
    ]  # fmt: skip
    fields = [*readonly_fields]

    def get_urls(self) -> list[URLPattern]:
        return [*self.preview_urls(), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return with_provenance(super().get_queryset(request), unread=["text", "error", "metadata"])

    @admin.display(description=gettext_lazy("name"))
    def file_name(self, upload: Upload) -> SafeString:
        return identity(upload) if is_wordless(upload) else isolated(line(upload.name) or str(upload.pk))

    @admin.display(description=gettext_lazy("owner"))
    def of_whom(self, upload: Upload) -> SafeString:
        return owner_link(self.admin_site.name, upload.owner, "upload")

    @admin.display(description=gettext_lazy("type"))
    def media_type(self, upload: Upload) -> SafeString:
        return isolated(line(upload.content_type, 60))

    @admin.display(description=gettext_lazy("size"))
    def file_size(self, upload: Upload) -> str:
        return size(upload.size)

    @admin.display(description=gettext_lazy("status"))
    def state(self, upload: Upload) -> SafeString:
        return badge(upload.status, upload.get_status_display())

    @admin.display(description=gettext_lazy("conversation"))
    def belongs_to(self, upload: Upload) -> SafeString | str:
        return provenance_link(self.admin_site.name, upload)

    @admin.display(description=gettext_lazy("received"))
    def received(self, upload: Upload) -> SafeString:
        return ago(upload.created_at)

    @admin.display(description=gettext_lazy("stored as"))
    def stored_as(self, upload: Upload) -> SafeString:
        """The name in the storage, not an address: nobody downloads from here."""
        return isolated(line(upload.file.name or ""))

    @admin.display(description=gettext_lazy("error"))
    def reason(self, upload: Upload) -> SafeString:
        return box(upload.error)

    @admin.display(description=gettext_lazy("processed"))
    def processed(self, upload: Upload) -> SafeString | str:
        return ago(upload.processed_at) if upload.processed_at else ""

    @admin.display(description=gettext_lazy("file"))
    def file_itself(self, upload: Upload) -> SafeString:
        return self.download_of(upload)

    @admin.display(description=gettext_lazy("preview"))
    def picture(self, upload: Upload) -> SafeString:
        return self.preview_of(upload)

    @admin.display(description=gettext_lazy("text"))
    def extracted(self, upload: Upload) -> SafeString:
        return box(upload.text)
