"""A file of an owner, to look at: a picture, only where its own bytes say that it is of one of four harmless kinds."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..models import Upload
from .rights import is_wordless, may_list, may_read

MOST_BYTES = 10 * 1024**2
LOOKED_AT = 12  # bytes
# What the file says of itself decides, never its name or the type that somebody sent along.
# No SVG: it can hold scripts.
KINDS = {
    "image/png": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda head: head.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda head: head.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda head: head[:4] == b"RIFF" and head[8:] == b"WEBP",
}
# Even if a browser took the bytes for a page, nothing in it would run or be fetched.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


class PreviewPages(admin.ModelAdmin):
    def preview_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<uuid:upload_id>/preview/", view, name="aistore_upload_preview")]

    def preview_view(self, request: HttpRequest, upload_id: Any) -> FileResponse:
        if not (may_list(request, Upload) and may_read(request)):
            raise PermissionDenied
        upload = get_object_or_404(Upload.objects.only("file", "size"), pk=upload_id)
        try:
            file = upload.file.open("rb")
        except (OSError, ValueError) as error:  # ValueError: a row without a file
            raise Http404 from error
        kind = kind_of(file.read(LOOKED_AT))
        if not kind or file.size > MOST_BYTES:
            file.close()
            raise Http404
        file.seek(0)
        return FileResponse(file, content_type=kind, headers=HEADERS)

    def download_of(self, upload: Upload) -> SafeString:
        """Where the addresses of aistore are included: there it comes as a file, whatever it is."""
        if is_wordless(upload):
            return SafeString("")
        try:
            url = reverse("aistore:upload", args=[upload.pk])
        except NoReverseMatch:
            return SafeString("")
        return format_html('<a href="{}" download>{}</a>', url, _("Download"))

    def preview_of(self, upload: Upload) -> SafeString:
        """The picture, where somebody said that it is one; whether it is, the address above finds out."""
        claimed = upload.content_type.partition(";")[0].strip().lower()
        if claimed not in KINDS or upload.size > MOST_BYTES or is_wordless(upload):
            return SafeString("")
        url = reverse(f"{self.admin_site.name}:aistore_upload_preview", args=[upload.pk])
        return format_html(
            '<img class="aistore-preview" src="{}" alt="{}" loading="lazy" decoding="async">',
            url,
            _("Preview"),
        )


def kind_of(head: bytes) -> str:
    """The type of a file by its first bytes; empty for all that is not shown."""
    return next((kind for kind, is_so in KINDS.items() if is_so(head)), "")
