"""The figures as text."""

from collections.abc import Iterable, Iterator

from . import THREADS, Bench, Way
from .pooling import PoolFigures

WAYS = {"uncached": "without cache", "cached": "from the cache", "kept": "kept in the process"}
NAME, CELL = 20, 9  # characters


def text(bench: Bench) -> str:
    return "\n".join(_lines(bench))


def _lines(bench: Bench) -> Iterator[str]:
    yield _setting(bench)
    if not bench.has_cache:
        yield "No cache answers here, so every read went to the database."
    yield from ("", _head("One caller, µs"), _line("", ["p50", "p95", "p99"] * len(WAYS), "gain"))
    for row in bench.rows:
        cells = [figure for way in WAYS for figure in _times(row.ways[way])]
        yield _line(row.operation, cells, f"{row.gain:.1f} x")
    for absent in bench.absent:
        yield f"{absent.name:<{NAME}} left out: {absent.why}"
    yield from (
        "",
        _head("Reads a second"),
        _line("threads", [str(number) for number in THREADS] * len(WAYS)),
    )
    for row in bench.rows:
        yield _line(row.operation, [figure for way in WAYS for figure in _rates(row.ways[way])])
    if bench.late:
        yield f"The cache came late, and some reads went to the database: {'; '.join(bench.late)}."
    for figures in bench.pool:
        yield from ("", *_pool(figures))


def _setting(bench: Bench) -> str:
    machine = bench.machine
    counts = ", ".join(f"{count:,} {name}" for name, count in bench.data.items())
    versions = f"PostgreSQL {machine['postgresql']}, Python {machine['python']}, Django {machine['django']}"
    return f"{versions}, {machine['processors']} processors; {counts}"


def _head(title: str) -> str:
    return f"{title:<{NAME}}" + "".join(f"{label:>{3 * CELL}}" for label in WAYS.values())


def _line(name: str, cells: Iterable[str], last: str = "") -> str:
    return (f"{name:<{NAME}}" + "".join(f"{cell:>{CELL}}" for cell in cells) + f"{last:>{CELL}}").rstrip()


def _times(way: Way) -> list[str]:
    return [f"{figure:,.0f}" for figure in (way.times.p50, way.times.p95, way.times.p99)]


def _rates(way: Way) -> list[str]:
    return [f"{way.per_second[threads]:,.0f}" for threads in THREADS]


def _pool(figures: PoolFigures) -> Iterator[str]:
    pause = f"{figures.pause_seconds:g} s between two requests" if figures.pause_seconds else "no pause"
    yield f"Pool of {figures.pool_size} under {figures.users} users, {pause}"
    yield f"  requests a second     {figures.requests_per_second:>9,.0f}"
    yield f"  checkout, mean        {figures.checkout_mean / 1000:>9,.2f} ms"
    yield f"  checkout, p99         {figures.checkout.p99 / 1000:>9,.2f} ms"
    yield f"  request, p50          {figures.request.p50 / 1000:>9,.2f} ms"
    yield f"  request, p99          {figures.request.p99 / 1000:>9,.2f} ms"
    yield f"  in use, mean          {figures.in_use_mean / figures.pool_size:>9.0%}"
    yield f"  in use, at most       {figures.in_use_most / figures.pool_size:>9.0%}"
    yield f"  rejected              {figures.rejected:>9,}"
