"""The parts of a report that are tables, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..fields import readable
from .figures import Figures
from .reporting import Report
from .words import duration, moment, share, size

SHOWN = 20  # rows
LARGEST = 10  # indexes
SHAPE = 600  # characters


@dataclass(frozen=True)
class Section:
    """``rows``: the first cell names the row; it may be long."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(report: Report) -> tuple[Section, ...]:
    """Those that have something to say."""
    return tuple(section for section in _all(report) if section.rows)


def _all(report: Report) -> Iterator[Section]:
    figures = ("count", "p50", "p95", "errors")
    yield Section("Requests", ("route", *figures), _figures(report.requests.each))
    yield Section("Timers", ("name", *figures), _figures(report.timers.each))
    yield _tables(report)
    yield _indexes(report)
    yield Section(
        "Unused indexes",
        ("index", "table", "size"),
        tuple((index.name, index.table, size(index.bytes)) for index in report.unused[:SHOWN]),
    )
    yield Section(
        "Missing indexes",
        ("index or table", ""),
        tuple((found.name or found.table, found.why) for found in report.missing[:SHOWN]),
    )
    yield _server(report)


def _figures(each: tuple[Figures, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (short(one.name), f"{one.count:,}", duration(one.p50), duration(one.p95), f"{one.errors:,}")
        for one in each[:SHOWN]
    )


def _tables(report: Report) -> Section:
    rows = (
        (
            table.name,
            f"{table.rows:,}",
            share(table.dead_share),
            size(table.bytes),
            size(table.index_bytes),
            f"{table.whole_reads:,}",
            moment(table.vacuumed_at),
        )
        for table in report.tables
    )
    head = ("table", "rows", "dead", "size", "indexes", "read whole", "vacuumed")
    return Section("Tables", head, tuple(rows))


def _indexes(report: Report) -> Section:
    rows = ((one.name, one.table, size(one.bytes), f"{one.reads:,}") for one in report.indexes[:LARGEST])
    return Section("Largest indexes", ("index", "table", "size", "reads"), tuple(rows))


def _server(report: Report) -> Section:
    rows = (
        (short(one.shape), f"{one.total:,.2f} s", f"{one.calls:,}", f"{one.rows:,}", duration(one.mean))
        for one in report.server
    )
    head = ("statement", "total", "calls", "rows", "mean")
    return Section("Statements of all clients (pg_stat_statements)", head, tuple(rows))


def short(text: str) -> str:
    """As a page can show it."""
    return readable(text if len(text) <= SHAPE else f"{text[:SHAPE]} …")
