"""One message whole, to be saved and not shown: what no page has room for."""

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from ..fields import readable
from ..models import Conversation, Message
from .preview import HEADERS
from .recording import READ, record
from .rights import may_list, may_read

UNWRITTEN = ("id", "conversation", "beat_at")


class WholeMessages(admin.ModelAdmin):
    def message_urls(self) -> list[URLPattern]:
        """As text, what people read; as JSON, everything that is stored, to the character."""
        return [
            path(
                f"<uuid:conversation_id>/message/<int:number>.{form}",
                self.admin_site.admin_view(view),
                name=f"aistore_conversation_message_{form}",
            )
            for form, view in (("txt", self.text_view), ("json", self.json_view))
        ]

    def text_view(self, request: HttpRequest, conversation_id: Any, number: int) -> HttpResponse:
        message = _message(request, conversation_id, number)
        return _attachment(readable(message.content), "text/plain; charset=utf-8", f"message-{number}.txt")

    def json_view(self, request: HttpRequest, conversation_id: Any, number: int) -> HttpResponse:
        message = _message(request, conversation_id, number)
        # ASCII: lone surrogates stay what they are
        text = json.dumps(_row(message), indent=2, default=str)
        return _attachment(text, "application/json", f"message-{number}.json")


def _message(request: HttpRequest, conversation_id: Any, number: int) -> Message:
    if not (may_list(request, Conversation) and may_read(request)):
        raise PermissionDenied
    rows = Message.objects.select_related("conversation").filter(conversation=conversation_id)
    # a number that no column holds would be an error of the database
    message = get_object_or_404(rows, sequence_number=min(number, 2**31 - 1))
    record(request, READ, [message.conversation])
    return message


def _row(message: Message) -> dict[str, Any]:
    names = (field.attname for field in message._meta.concrete_fields if field.name not in UNWRITTEN)
    return {"id": message.pk} | {name: getattr(message, name) for name in names}


def _attachment(text: str, content_type: str, name: str) -> HttpResponse:
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=content_type, headers=headers)
