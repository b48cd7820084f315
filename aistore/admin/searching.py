"""Search in a list: by the full-text index where the model has one, by its columns elsewhere."""

from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def is_ranked(model: type[Model]) -> bool:
    return hasattr(model._default_manager, "of_everyone")


def hits(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Of the rows that the filters leave; best first, each with its ``snippet``."""
    return rows.of_everyone().search(words)  # type: ignore[attr-defined]


def where_found(site: str, row: Any) -> SafeString:
    """The words in their place, and a link to the message where they stand."""
    snippet, number = getattr(row, "snippet", ""), getattr(row, "hit_sequence_number", None)
    if number is None:
        return format_html('<span class="aistore-snippet" dir="auto">{}</span>', snippet)
    url = reverse(f"{site}:aistore_conversation_change", args=[row.pk])
    place = f"{url}?at={number}#message-{number}"
    return format_html(
        '<span class="aistore-snippet" dir="auto">{}</span> <a href="{}">{}</a>',
        snippet,
        place,
        _("message %(number)d") % {"number": number},
    )
