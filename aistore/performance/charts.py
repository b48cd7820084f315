"""What of a report is drawn: each chart with its axes, and its numbers as a table."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from . import plots
from .figures import Moment, Statistics
from .plots import Point, Scale
from .reporting import Report
from .sections import short
from .words import ago, duration, share

WINDOW = 300.0  # seconds between two points


@dataclass(frozen=True)
class Chart:
    """``rows``: the numbers, newest first, under ``head``."""

    title: str
    series: tuple[str, ...]
    picture: SafeString
    labels: tuple[str, ...]  # of the upright axis, from the top down
    begin: str
    end: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def charts(report: Report) -> tuple[Chart, ...]:
    """Those that have something to show."""
    found = (
        _times(report, report.queries, "Latency of statements"),
        _times(report, report.requests, "Latency of requests"),
        _hit_rate(report),
        _times(report, report.checkouts, "Wait for a connection"),
    )
    return tuple(chart for chart in found if chart is not None)


def _times(report: Report, found: Statistics, title: str) -> Chart | None:
    moments = [moment for moment in found.timeline if moment.total.count]
    if not moments:
        return None
    values = [_percentiles(moment) for moment in moments]
    scale = plots.decades([value for three in values for value in three])
    rows = [
        (*map(duration, three), f"{moment.total.count:,}", f"{moment.total.errors:,}")
        for moment, three in zip(moments, values, strict=True)
    ]
    head = ("p50", "p95", "p99", "count", "errors")
    return _chart(report, title, ("p50", "p95", "p99"), head, [m.at for m in moments], values, rows, scale)


def _percentiles(moment: Moment) -> tuple[float, float, float]:
    return moment.total.p50, moment.total.p95, moment.total.p99


def _hit_rate(report: Report) -> Chart | None:
    moments = [moment for moment in report.cache.timeline if moment.reads]
    if not moments:
        return None
    values = [(moment.hit_rate,) for moment in moments]
    rows = [(share(moment.hit_rate), f"{moment.reads:,}") for moment in moments]
    begins = [moment.at for moment in moments]
    return _chart(
        report,
        "Reads answered by the cache",
        ("hit rate",),
        ("hit rate", "reads"),
        begins,
        values,
        rows,
        plots.SHARE,
    )


def _chart(
    report: Report,
    title: str,
    series: tuple[str, ...],
    head: tuple[str, ...],
    begins: Sequence[dt.datetime],
    values: Sequence[Sequence[float | None]],
    rows: Sequence[tuple[str, ...]],
    scale: Scale,
) -> Chart:
    start = min(report.at - report.since, begins[0])
    whole = max((report.at - start).total_seconds(), WINDOW)
    points = [
        Point((at - start).total_seconds() / whole, three, _told(at, head, row))
        for at, three, row in zip(begins, values, rows, strict=True)
    ]
    picture = plots.lines(points, scale, gap=WINDOW / whole, title=f"{title}, {ago(report.since)}")
    table = tuple((_clock(at), *row) for at, row in zip(begins, rows, strict=True))
    return Chart(
        title, series, picture, scale.labels, _clock(start), _clock(report.at), ("UTC", *head), table[::-1]
    )


def _told(at: dt.datetime, head: Sequence[str], row: Sequence[Any]) -> str:
    return f"{_clock(at)} UTC: " + ", ".join(f"{name} {value}" for name, value in zip(head, row, strict=True))


def _clock(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%H:%M")


@dataclass(frozen=True)
class Weighed:
    """A line of a table with a bar: its share of the largest."""

    name: str
    bar: SafeString
    cells: tuple[str, ...]


def top_shapes(report: Report, count: int = 10) -> list[Weighed]:
    each = report.queries.each[:count]
    most = max((figures.total for figures in each), default=0) or 1
    return [
        Weighed(
            short(figures.name),
            plots.bar(figures.total / most),
            (
                f"{figures.total:,.2f} s",
                f"{figures.count:,}",
                duration(figures.p50),
                duration(figures.p95),
                f"{figures.errors:,}",
            ),
        )
        for figures in each
    ]


def cache_queries(report: Report) -> list[Weighed]:
    """The bar: kept, hit, missed, failed."""
    return [
        Weighed(
            short(use.query),
            plots.bar(*(count / use.reads for count in (use.kept, use.hit, use.miss, use.error))),
            (share(use.hit_rate), *(f"{count:,}" for count in (use.kept, use.hit, use.miss, use.error))),
        )
        for use in report.cache.queries
    ]


def pools(report: Report) -> list[Weighed]:
    """The bar: in use, idle; the rest may still be opened."""
    return [
        Weighed(
            pool.database,
            plots.bar(*(count / max(pool.max_size, 1) for count in (pool.in_use, pool.idle))),
            (
                f"{pool.in_use} of {pool.max_size}",
                str(pool.idle),
                str(pool.waiting),
                duration(pool.wait_mean),
                duration(pool.wait_p99),
                f"{pool.errors:,}",
            ),
        )
        for pool in report.pools
    ]
