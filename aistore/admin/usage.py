"""What an owner used by month: tokens and cost, as a plot and as numbers."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connections
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..models import Conversation
from .plot import Bar, bars

MONTHS = 12
# The newest first, so that of an owner with more than that the oldest months are missing and not a part of each.
MOST_MESSAGES = 100_000
USAGE = """
    SELECT date_trunc('month', used.created_at)::date, count(*), coalesce(sum(used.input_tokens), 0),
           coalesce(sum(used.output_tokens), 0), sum(used.cost)
    FROM (
        SELECT message.created_at, message.input_tokens, message.output_tokens, message.cost
        FROM (
            SELECT id FROM aistore_conversation
            WHERE owner_id = %(owner)s AND last_message_at >= %(since)s
            ORDER BY last_message_at DESC
        ) AS own
        JOIN aistore_message AS message ON message.conversation_id = own.id
        WHERE message.created_at >= %(since)s
        LIMIT %(most)s
    ) AS used
    GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True)
class Month:
    """``cost`` is in the currency of the provider; None where no message of the month has one."""

    begin: dt.date
    messages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None

    @property
    def name(self) -> str:
        return date_format(self.begin, "YEAR_MONTH_FORMAT")


@dataclass(frozen=True)
class Usage:
    """The last twelve months, the present one last."""

    months: list[Month]
    is_cut: bool

    @property
    def tokens(self) -> SafeString:
        data = [Bar(month.name, [int(month.input_tokens), int(month.output_tokens)]) for month in self.months]
        return bars(data, series=[_("tokens in"), _("tokens out")], title=_("Tokens by month"))

    @property
    def costs(self) -> SafeString:
        """Empty where nobody told a cost."""
        if not any(month.cost for month in self.months):
            return SafeString("")
        data = [Bar(month.name, [round(float(month.cost or 0), 4)]) for month in self.months]
        return bars(data, series=[_("cost")], title=_("Cost by month"))

    @property
    def newest_first(self) -> list[Month]:
        return [month for month in reversed(self.months) if month.messages]


def usage_of(owner_id: Any, using: str) -> Usage:
    months = list(_last_months(timezone.now().date()))
    owner = Conversation._meta.get_field("owner").get_db_prep_value(owner_id, connections[using])
    since = dt.datetime.combine(months[0], dt.time(), dt.UTC)
    with connections[using].cursor() as cursor:
        cursor.execute(USAGE, {"owner": owner, "since": since, "most": MOST_MESSAGES})
        found = {row[0]: Month(*row) for row in cursor.fetchall()}
    total = sum(month.messages for month in found.values())
    return Usage([found.get(begin, Month(begin)) for begin in months], total >= MOST_MESSAGES)


def _last_months(today: dt.date) -> Iterator[dt.date]:
    first = today.year * 12 + today.month - MONTHS
    for number in range(first, first + MONTHS):
        yield dt.date(number // 12, number % 12 + 1, 1)
