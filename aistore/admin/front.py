"""The box on the front page: what happened in the last thirty days, what is newest, what failed, how it is kept."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import connections
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .. import cache
from ..cache.maintenance import Statistics
from ..models import AuditEntry, Conversation, Memory, Message, MessageRevision, Upload
from ..models.asked import WENT_WRONG
from .display import ago, badge, isolated, line, size
from .plot import Bar, bars
from .rights import identity, may_list, may_read, may_see_reports, wordless, words_of

DAYS = 30
SHOWN = 5  # rows of each list
# Read from the index alone, and never more than that, however many there are: 70 ms where they lie in no order.
MOST_MESSAGES = 100_000
ACTIVITY = """
    SELECT {day}, count(*) - count(*) FILTER (WHERE sequence_number = 1),
           count(*) FILTER (WHERE sequence_number = 1)
    FROM (
        SELECT created_at, sequence_number FROM aistore_message
        WHERE created_at >= %(since)s AND created_at < %(until)s
        ORDER BY created_at DESC LIMIT %(most)s
    ) AS newest
    GROUP BY 1"""
STORAGE = """
    SELECT relname, pg_total_relation_size(oid), CASE WHEN reltuples >= 0 THEN reltuples::bigint END
    FROM pg_class WHERE oid = ANY (SELECT to_regclass(quote_ident(name)) FROM unnest(%s::text[]) AS name)
    ORDER BY 2 DESC"""
TABLES = [Conversation, Message, MessageRevision, Memory, Upload, AuditEntry]


@dataclass(frozen=True)
class Activity:
    """``days``: (date, conversations begun, messages) of the last thirty, today last. ``is_cut``: there are so many
    messages that the first of these days were not counted."""

    days: list[tuple[dt.date, int, int]]
    is_cut: bool

    @property
    def plot(self) -> SafeString:
        data = [Bar(date_format(day, "MONTH_DAY_FORMAT"), [begun, said]) for day, begun, said in self.days]
        title = _("Conversations and messages by day, the last %(days)d days") % {"days": DAYS}
        return bars(data, series=[_("conversations begun"), _("further messages")], title=title)

    @property
    def conversations(self) -> int:
        return sum(begun for _day, begun, _said in self.days)

    @property
    def messages(self) -> int:
        return sum(begun + said for _day, begun, said in self.days)


@dataclass(frozen=True)
class Storage:
    """``tables``: (name, bytes in words, rows as PostgreSQL estimates them; None before it ever did)."""

    tables: list[tuple[str, str, int | None]]
    total: str


@dataclass(frozen=True)
class Health:
    database: str
    cache: str
    is_cache_well: bool
    hit_rate: str


@dataclass(frozen=True)
class Front:
    """What this reader may see of it; the rest is None or empty."""

    newest: list[tuple[str, SafeString, SafeString]]
    failed: list[tuple[str, SafeString, SafeString]]
    list_url: str = ""
    activity: Activity | None = None
    storage: Storage | None = None
    health: Health | None = None
    report_url: str = ""


def front(request: HttpRequest, site: admin.AdminSite) -> Front | None:
    """None for who may see nothing of it."""
    lists, reports = may_list(request, Conversation), may_see_reports(request)
    if not (lists or reports):
        return None
    return Front(
        _newest(request, site) if lists else [],
        _failed(site) if lists else [],
        reverse(f"{site.name}:aistore_conversation_changelist") if lists else "",
        *((*_reports(), reverse(f"{site.name}:aistore_performance")) if reports else ()),
    )


def _newest(request: HttpRequest, site: admin.AdminSite) -> list[tuple[str, SafeString, SafeString]]:
    reads = may_read(request)
    left_out = ["system_prompt"] if reads else words_of(Conversation)
    rows = Conversation.objects.order_by("-last_message_at", "-id").defer("metadata", *left_out)[:SHOWN]
    named = ((row, _name(row)) if reads else (row, identity(wordless(row))) for row in rows)
    return [(_url(site, row.pk), name, ago(row.last_message_at)) for row, name in named]


def _name(row: Conversation) -> SafeString:
    return isolated(line(row.title, 60) or _("(untitled)"))


def _failed(site: admin.AdminSite) -> list[tuple[str, SafeString, SafeString]]:
    """Without a word of them: who did not open the conversation has not read it."""
    rows = Message.objects.filter(WENT_WRONG).order_by("-created_at", "conversation")
    found = rows.only("conversation_id", "sequence_number", "status", "model", "created_at")[:SHOWN]
    return [
        (_url(site, row.conversation_id, row.sequence_number), _what(row), ago(row.created_at))
        for row in found
    ]


def _what(message: Message) -> SafeString:
    failed = message.get_status_display() if message.status == "failed" else _("tool failed")
    return format_html("{} {}", badge("failed", failed), isolated(line(message.model, 40)))


def _url(site: admin.AdminSite, conversation_id: Any, number: int | None = None) -> str:
    url = reverse(f"{site.name}:aistore_conversation_change", args=[conversation_id])
    return f"{url}?at={number}#message-{number}" if number else url


def _reports() -> tuple[Activity, Storage, Health]:
    using = Message.objects.db
    begin = time.perf_counter()
    storage = _storage(using)
    seconds = time.perf_counter() - begin
    return _activity(using), storage, _health(using, seconds)


def _activity(using: str) -> Activity:
    today = timezone.localdate() if settings.USE_TZ else dt.date.today()
    first = today - dt.timedelta(DAYS - 1)
    day, zone = ("created_at::date", None)
    if settings.USE_TZ:
        day, zone = "(created_at AT TIME ZONE %(zone)s)::date", timezone.get_current_timezone_name()
    values: dict[str, Any] = {
        "since": _midnight(first),
        "until": _midnight(today + dt.timedelta(1)),
        "most": MOST_MESSAGES,
    }
    with connections[using].cursor() as cursor:
        cursor.execute(ACTIVITY.format(day=day), values | {"zone": zone})
        found = {on: (begun, said) for on, said, begun in cursor.fetchall()}
    days = [(first + dt.timedelta(n), *found.get(first + dt.timedelta(n), (0, 0))) for n in range(DAYS)]
    return Activity(days, is_cut=sum(sum(counts) for counts in found.values()) >= MOST_MESSAGES)


def _midnight(day: dt.date) -> dt.datetime:
    midnight = dt.datetime.combine(day, dt.time())
    return timezone.make_aware(midnight) if settings.USE_TZ else midnight


def _storage(using: str) -> Storage:
    names = {model._meta.db_table: str(model._meta.verbose_name_plural) for model in TABLES}
    with connections[using].cursor() as cursor:
        cursor.execute(STORAGE, [list(names)])
        found = cursor.fetchall()
    tables = [(names[table], size(occupied), rows) for table, occupied, rows in found]
    return Storage(tables, size(sum(occupied for _table, occupied, _rows in found)))


def _health(using: str, seconds: float) -> Health:
    version = getattr(connections[using], "pg_version", 0) // 10_000
    database = _("PostgreSQL %(version)d answers in %(milliseconds)d ms")
    statistics = cache.stats()
    rate = statistics.hit_rate()
    return Health(
        database % {"version": version, "milliseconds": max(round(seconds * 1000), 1)},
        _cache(statistics),
        statistics.used_memory is not None,
        f"{rate:.0%}" if rate is not None else "",
    )


def _cache(statistics: Statistics) -> str:
    if statistics.used_memory is None:
        return _("does not answer, or is switched off: every read goes to the database")
    return _("answers, %(memory)s in use") % {"memory": size(statistics.used_memory)}
