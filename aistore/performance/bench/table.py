"""The figures as text."""

from collections.abc import Iterator

from . import Bench, Row, Way
from .pooling import PoolFigures

WAYS = {"uncached": "without cache", "cached": "from the cache", "kept": "kept in the process"}


def text(bench: Bench) -> str:
    return "\n".join(_lines(bench))


def _lines(bench: Bench) -> Iterator[str]:
    yield _setting(bench)
    if not bench.has_cache:
        yield "No cache answers here, so every read went to the database."
    yield "\nOne caller, µs"
    yield f"{'':<20} {'without cache':^24} {'from the cache':^24} {'kept in the process':^24}"
    yield f"{'':<20}" + f" {'p50':>8}{'p95':>8}{'p99':>8}" * len(WAYS) + f" {'gain':>8}"
    for row in bench.rows:
        yield f"{row.operation:<20}{''.join(_times(row.ways[way]) for way in WAYS)} {row.gain:>7.1f}x"
    for absent in bench.absent:
        yield f"{absent.name:<20} left out: {absent.why}"
    yield "\nReads a second"
    yield f"{'':<20}" + "".join(f" {label:^24}" for label in WAYS.values())
    yield f"{'threads':<20}" + "".join(
        f" {threads:>8}"[:9] if i % 3 else f" {threads:>8}" for i, threads in _columns(bench)
    )
    for row in bench.rows:
        yield f"{row.operation:<20}{''.join(_rates(row.ways[way]) for way in WAYS)}"
    for figures in bench.pool:
        yield from _pool(figures)


def _setting(bench: Bench) -> str:
    machine, data = bench.machine, bench.data
    counts = ", ".join(f"{count:,} {name}" for name, count in data.items())
    return (
        f"PostgreSQL {machine['postgresql']}, Python {machine['python']}, Django {machine['django']}, "
        f"{machine['processors']} processors; {counts}"
    )
