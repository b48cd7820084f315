"""What is stored of one owner, as far as the reader may see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..fields import readable
from ..models import Conversation, Memory, Upload
from .display import ago, isolated, line, size
from .erasing import ERASED
from .owner import PARAMETER
from .rights import (
    identity,
    is_wordless,
    may_erase,
    may_export,
    may_list,
    may_read,
    may_see_reports,
    wordless,
    words_of,
)
from .usage import Usage, usage_of

SHOWN = 5  # rows of each kind
COUNTED = 1000  # rows; nobody needs to know how many more, and to count them takes a walk over all


@dataclass(frozen=True)
class Section:
    """The newest rows of one model: (address, name, what else), and where all of them are."""

    title: str
    count: str
    list_url: str
    rows: list[tuple[str, SafeString, SafeString]]


@dataclass(frozen=True)
class Summary:
    owner_id: Any
    name: str
    url: str
    user_url: str  # the host's own page of the user; empty where there is none, or not for this reader
    sections: list[Section] = field(default_factory=list)
    usage: Usage | None = None
    may_export: bool = False
    may_erase: bool = False


def summary(request: HttpRequest, site: admin.AdminSite, owner: Any) -> Summary:
    models = [(Conversation, "-last_message_at", _conversation), (Memory, "-created_at", _memory),
              (Upload, "-created_at", _upload)]  # fmt: skip
    return Summary(
        owner.pk,
        readable(str(owner)) or str(owner.pk),
        reverse(f"{site.name}:aistore_owner", args=[owner.pk]),
        _user_url(request, site, owner),
        [_section(request, site, owner, *each) for each in models if may_list(request, each[0])],
        usage_of(owner.pk, Conversation.objects.db) if may_see_reports(request) else None,
        may_export=may_export(request),
        may_erase=all(may_erase(request, model) for model in ERASED),
    )


def counted_to(rows: QuerySet[Any]) -> str:
    """How many rows there are, or that there are more than that."""
    count = rows.order_by()[: COUNTED + 1].count()
    return localize(count) if count <= COUNTED else _("more than %(count)s") % {"count": localize(COUNTED)}


def _section(
    request: HttpRequest,
    site: admin.AdminSite,
    owner: Any,
    model: Any,
    order: str,
    show: Callable[[Any], Any],
) -> Section:
    rows = model._default_manager.filter(owner=owner.pk)
    newest = rows.order_by(order, "-id").defer("metadata", *_long(request, model))[:SHOWN]
    name = f"{site.name}:aistore_{model._meta.model_name}"
    return Section(
        capfirst(str(model._meta.verbose_name_plural)),
        counted_to(rows),
        f"{reverse(f'{name}_changelist')}?{PARAMETER}={owner.pk}",
        [(reverse(f"{name}_change", args=[row.pk]), *show(_seen(request, row))) for row in newest],
    )


def _long(request: HttpRequest, model: Any) -> list[str]:
    """What no line of a summary shows."""
    if not may_read(request):
        return words_of(model)
    return [name for name in ("system_prompt", "question", "text", "error") if name in words_of(model)]


def _seen(request: HttpRequest, row: Model) -> Model:
    return row if may_read(request) else wordless(row)


def _conversation(row: Any) -> tuple[SafeString, SafeString]:
    return _named(row, row.title, _("(untitled)")), ago(row.last_message_at)


def _memory(row: Any) -> tuple[SafeString, SafeString]:
    name = _named(row, row.content, "")
    if row.superseded_by_id is not None:
        name = format_html('<span class="aistore-superseded">{}</span>', name)
    return name, ago(row.created_at)


def _upload(row: Any) -> tuple[SafeString, SafeString]:
    facts = format_html("{} · {} · {}", size(row.size), row.get_status_display(), ago(row.created_at))
    return _named(row, row.name, str(row.pk)), facts


def _named(row: Any, name: str, otherwise: str) -> SafeString:
    if is_wordless(row):
        return identity(row)
    return isolated(line(name) or otherwise)


def _user_url(request: HttpRequest, site: admin.AdminSite, owner: Any) -> str:
    model = type(owner)
    if not site.is_registered(model) or not site.get_model_admin(model).has_view_permission(request):
        return ""
    return reverse(f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_change", args=[owner.pk])
