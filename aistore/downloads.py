"""A file back to its owner, or to staff who may read what users say: always as a download, never as a page."""

import logging
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from .files.sniffing import UNKNOWN
from .models import AuditEntry, Upload

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024  # bytes
RIGHTS = ("aistore.view_upload", "aistore.view_message")  # to know that it is there, and to read contents

# What a browser would run if all the headers below were lost on the way.
ACTIVE = re.compile(r".*[/+](?:html|xml|xhtml\+xml|svg\+xml|javascript|ecmascript|x-shockwave-flash)$", re.I)
MEDIA_TYPE = re.compile(r"[a-z0-9][\w.+-]*/[\w.+-]+", re.ASCII | re.I)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@require_safe
def download(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
    """404 for what is not there and for what is another's alike, so that nobody learns which ids there are."""
    upload = (
        Upload.objects.filter(pk=upload_id)
        .only("owner", "file", "name", "content_type", "size", "sha256")
        .first()
    )
    if upload is None or not _may_read(request.user, upload):
        raise Http404("There is no such upload.")
    file = _opened(upload)
    if upload.owner_id != request.user.pk:
        _entry(request, upload).save()
    response = _response(request, file)
    for header, value in HEADERS.items():
        response.headers[header] = value
    response.headers["Content-Type"] = _media_type(upload.content_type)
    if upload.sha256:  # counted here, when it came in
        response.headers["Content-Length"] = str(upload.size)
    response.headers["Content-Disposition"] = content_disposition_header(True, upload.safe_name)
    return response


def _may_read(user: Any, upload: Upload) -> bool:
    if not user.is_authenticated or not user.is_active:
        return False
    return user.pk == upload.owner_id or (user.is_staff and user.has_perms(RIGHTS))


def _opened(upload: Upload) -> Any:
    try:
        return upload.file.open("rb")
    except (FileNotFoundError, ValueError) as error:  # the latter where there is no name
        logger.error(
            "Upload %s has no file (%r): %s. See aistore_check --data.", upload.pk, upload.file.name, error
        )
        raise Http404("There is no such upload.") from None


def _entry(request: HttpRequest, upload: Upload) -> AuditEntry:
    return AuditEntry(
        actor_id=request.user.pk,
        action="read",
        kind="upload",
        object_id=str(upload.pk),
        owner_id=upload.owner_id,
    )


def _response(request: HttpRequest, file: Any) -> HttpResponseBase:
    if request.method == "HEAD":
        file.close()
        return HttpResponse()
    # Under ASGI a plain iterator would be read to its end before the first byte goes out.
    return StreamingHttpResponse(AsyncChunks(file) if isinstance(request, ASGIRequest) else Chunks(file))


class Chunks:
    """Closes the file when it is read or when the response is closed, even before its first chunk."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(CHUNK), b"")


class AsyncChunks:
    def __init__(self, file: Any) -> None:
        self.file = file
        self.close = file.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self.file.read)
        while chunk := await read(CHUNK):
            yield chunk


def _media_type(content_type: str) -> str:
    """A row may have been written by hand."""
    if not MEDIA_TYPE.fullmatch(content_type) or ACTIVE.fullmatch(content_type):
        return UNKNOWN
    return content_type
