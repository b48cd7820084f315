"""A value as it stands in a list: one line at most, and nothing in it that could disturb the page."""

import datetime as dt
from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django.utils.translation import gettext as _

from ..fields import readable

LINE = 120  # characters; a longer text is cut
BOX = 20_000
MOST_TAGS = 4  # of one row


def line(text: str, length: int = LINE) -> str:
    """The first characters, on one line."""
    start = " ".join(text[: length * 4].split())
    if len(start) <= length and len(text) <= length * 4:
        return readable(start)
    return readable(start[: length - 1] + "…")


def isolated(text: str) -> SafeString:
    """In a direction of its own, so that Arabic or a stray bidi control does not turn its neighbours round."""
    return format_html("<bdi>{}</bdi>", text) if text else SafeString("")


def box(text: str) -> SafeString:
    """A text of several lines, on a page of its own row."""
    shown = readable(text[:BOX]) + ("…" if len(text) > BOX else "")
    return format_html('<div class="aistore-text" dir="auto">{}</div>', shown) if shown else SafeString("")


def tags(values: Iterable[str]) -> SafeString:
    given = list(values)
    shown = format_html_join(
        " ", '<bdi class="aistore-tag">{}</bdi>', ((line(tag, 30),) for tag in given[:MOST_TAGS])
    )
    if len(given) <= MOST_TAGS:
        return shown
    return format_html('{} <span class="quiet">+{}</span>', shown, len(given) - MOST_TAGS)


def names(values: Iterable[str]) -> SafeString:
    """The first one, and how many more; all of them on hover."""
    given = [line(name, 40) for name in values]
    if len(given) < 2:
        return isolated("".join(given))
    more = format_html('<span class="quiet" title="{}">+{}</span>', ", ".join(given[1:]), len(given) - 1)
    return format_html("{} {}", isolated(given[0]), more)


def counted(number: int, unit: str) -> SafeString:
    """A number; the unit is shown where the head of the column is not, on phones."""
    return format_html('{} <span class="aistore-unit">{}</span>', localize(number), unit)


def badge(kind: str, label: object) -> SafeString:
    return format_html('<span class="aistore-badge aistore-badge-{}">{}</span>', kind, label)


def votes(kind: str, count: str, meaning: str) -> SafeString:
    """A sign and a number; what they mean on hover and to a screen reader."""
    return format_html(
        '<span class="aistore-badge aistore-badge-{}" title="{}">{}<span class="visually-hidden"> {}</span></span>',
        kind,
        meaning,
        count,
        meaning,
    )


def ago(moment: dt.datetime) -> SafeString:
    """3 minutes ago, in words."""
    return _time(moment, _in_words(moment))


def clock(moment: dt.datetime) -> SafeString:
    """The date and the minute."""
    return _time(moment, date_format(template_localtime(moment), "DATETIME_FORMAT"))


def size(count: int) -> str:
    return filesizeformat(count)


def _time(moment: dt.datetime, words: str) -> SafeString:
    """With the exact time on hover and for programs."""
    local = template_localtime(moment)
    exact = f"{local:%Y-%m-%d %H:%M:%S %Z}".strip()
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, words)


def _in_words(moment: dt.datetime) -> str:
    now = timezone.now()
    if abs(now - moment) < dt.timedelta(minutes=1):
        return _("just now")
    if moment > now:
        return _("in %(time)s") % {"time": timeuntil(moment, now, depth=1)}
    return _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
