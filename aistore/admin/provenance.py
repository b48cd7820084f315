"""Where a memory or a file came from: a link to the message in its conversation."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .display import line
from .rights import is_wordless


def with_provenance(rows: QuerySet[Any], *, unread: list[str]) -> QuerySet[Any]:
    """The rows with their owner and what a link needs, without ``unread``: a conversation or a message whole
    may be megabytes."""
    own = [field.name for field in rows.model._meta.fields if field.name not in unread]
    return rows.select_related("owner", "conversation", "message").only(
        *own, "conversation__title", "message__sequence_number"
    )


def provenance_link(site: str, row: Any) -> SafeString | str:
    if row.conversation is None:
        return ""
    url = reverse(f"{site}:aistore_conversation_change", args=[row.conversation_id])
    if row.message is not None:
        number = row.message.sequence_number
        url += f"?at={number}#message-{number}"
    if is_wordless(row):
        return format_html('<a href="{}">{}</a>', url, _("conversation"))
    title = line(row.conversation.title, 60) or _("(untitled)")
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, title)
