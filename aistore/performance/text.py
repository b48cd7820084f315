"""The report as a block of text."""

from collections.abc import Iterable, Iterator

from .cache_use import CacheUse
from .figures import Figures, PoolStats, Statistics
from .reporting import Report
from .words import ago, duration, moment, share, size

WIDTH = 78
SHOWN = 10  # lines of each part
SHAPE = 200  # characters of a statement
RULE = "=" * WIDTH


def text(report: Report) -> str:
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from (RULE, "DATABASE PERFORMANCE REPORT", RULE)
    yield from (f"Status: {report.status}", f"Timestamp: {moment(report.at)}", f"Period: {ago(report.since)}")
    yield from _part("CONNECTION POOL", (line for pool in report.pools for line in _pool(pool)))
    yield from _part("QUERY STATISTICS", _queries(report.queries))
    yield from _part("TOP STATEMENTS", _top(report.queries.each))
    yield from _part("REQUESTS", _requests(report.requests))
    yield from _part("TIMERS", _timers(report.timers.each))
    yield from _part("CACHE", _cache(report.cache))
    yield from _part("DATABASE", _database(report))
    yield from _part("TABLES", _tables(report))
    yield from _part("LARGEST INDEXES", _indexes(report))
    yield from _part(
        "UNUSED INDEXES", (f"{i.name}  {size(i.bytes)}, of {i.table}" for i in report.unused[:SHOWN])
    )
    yield from _part("MISSING INDEXES", (f"{i.name or i.table} {i.why}" for i in report.missing[:SHOWN]))
    yield from _part("STATEMENTS OF ALL CLIENTS (pg_stat_statements)", _server(report))
    yield from _part("WARNINGS", _warnings(report))
    yield from _part("RECENT SLOW QUERIES", _slow(report))
    yield from _part("NOT SEEN", (f"{unseen.part}: {unseen.why}" for unseen in report.unseen))
    yield RULE


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Left out where there is nothing to say."""
    found = list(lines)
    if found:
        yield from ("", f"{title}:", *(f"  {line}" for line in found))


def _pool(pool: PoolStats) -> Iterator[str]:
    yield f"Database: {pool.database}, {pool.processes} process{'' if pool.processes == 1 else 'es'}"
    yield f"Pool Size: {pool.size} of {pool.max_size}"
    yield f"Checked In: {pool.idle}"
    yield f"Checked Out: {pool.in_use} ({share(pool.usage)})"
    yield f"Waiting: {pool.waiting}"
    yield f"Checkouts: {pool.checkouts:,}, of which {pool.queued:,} waited and {pool.errors:,} got none"
    waits = ((duration(wait), name) for wait, name in zip(_waits(pool), ("mean", "p99", "max"), strict=True))
    yield f"Wait: {', '.join(f'{wait} ({name})' for wait, name in waits)}"
    if pool.oldest:
        yield f"Oldest Holder: {duration(pool.oldest)}"


def _waits(pool: PoolStats) -> tuple[float, float, float]:
    return pool.wait_mean, pool.wait_p99, pool.wait_max


def _queries(found: Statistics) -> Iterator[str]:
    total = found.total
    yield f"Total Queries: {total.count:,} ({found.rate:,.1f} a second)"
    yield f"Slow Queries: {total.slow:,}"
    yield f"Errors: {total.errors:,} ({share(total.error_rate)})"
    yield f"Total Time: {total.total:,.2f}s"
    yield f"Average Time: {duration(total.mean)}"
    yield f"p50 / p95 / p99 / max: {_times(total)}"
    yield f"Processes: {found.processes}"


def _times(figures: Figures) -> str:
    return " / ".join(map(duration, (figures.p50, figures.p95, figures.p99, figures.max)))


def _top(each: tuple[Figures, ...]) -> Iterator[str]:
    for number, figures in enumerate(each[:SHOWN], start=1):
        errors = f", {figures.errors:,} errors" if figures.errors else ""
        yield f"{number}. {figures.total:,.2f}s in {figures.count:,} calls, p95 {duration(figures.p95)}{errors}"
        yield f"   {_shape(figures.name)}"


def _shape(shape: str) -> str:
    return shape if len(shape) <= SHAPE else f"{shape[: SHAPE - 2]} …"


def _requests(found: Statistics) -> Iterator[str]:
    if not found.total.count:
        return
    total = found.total
    yield f"Total: {total.count:,} ({found.rate:,.1f} a second), failed {share(total.error_rate)}"
    yield f"p50 / p95 / p99 / max: {_times(total)}"
    for figures in found.each[:SHOWN]:
        yield f"{figures.name}: {figures.count:,}, p95 {duration(figures.p95)}, failed {figures.errors:,}"


def _timers(each: tuple[Figures, ...]) -> Iterator[str]:
    for figures in each[:SHOWN]:
        yield f"{figures.name}: {figures.count:,}, p50 {duration(figures.p50)}, p95 {duration(figures.p95)}"


def _cache(cache: CacheUse) -> Iterator[str]:
    if not cache.is_answering:
        return
    yield f"Hit Rate: {share(cache.hit_rate)} of {cache.reads:,} reads"
    for query in cache.queries[:SHOWN]:
        outcomes = f"{query.kept:,} kept, {query.hit:,} hit, {query.miss:,} missed, {query.error:,} failed"
        yield f"{query.query:<12} {share(query.hit_rate):>6}  {outcomes}"
    of = f" of {size(cache.max_memory)}" if cache.max_memory else ", no limit"
    yield f"Memory: {size(cache.used_memory or 0)}{of}; evicted {cache.evicted_keys or 0:,}"


def _database(report: Report) -> Iterator[str]:
    found = report.database
    if found is None:
        return
    replica = ", a replica" if found.is_replica else ""
    yield f"PostgreSQL {found.version}{replica}, {size(found.bytes)}"
    yield f"Connections: {found.connections} of {found.max_connections}"
    since = moment(found.counting_since) if found.counting_since else "the database was made"
    yield f"Counting since {since}"


def _tables(report: Report) -> Iterator[str]:
    if report.tables:
        yield f"{'':<26}{'rows':>12}{'dead':>7}{'size':>11}{'indexes':>11}  vacuumed"
    for table in report.tables:
        sizes = f"{size(table.bytes):>11}{size(table.index_bytes):>11}"
        vacuumed = moment(table.vacuumed_at)[:10]
        yield f"{table.name:<26}{table.rows:>12,}{table.dead_share:>7.0%}{sizes}  {vacuumed}"


def _indexes(report: Report) -> Iterator[str]:
    for index in report.indexes[:SHOWN]:
        yield f"{index.name:<44}{size(index.bytes):>11}{index.reads:>14,} reads"


def _server(report: Report) -> Iterator[str]:
    for statement in report.server[:SHOWN]:
        figures = f"{statement.total:,.2f}s in {statement.calls:,} calls, {statement.rows:,} rows"
        yield f"{figures}, mean {duration(statement.mean)}"
        yield f"   {_shape(statement.shape)}"


def _warnings(report: Report) -> Iterator[str]:
    for check in report.alerts.raised:
        yield f"[{check.level}] {check.text}"
        yield f"   {check.remedy}"
    for advice in report.advice[:SHOWN]:
        yield f"[advice] {advice.text}"
        yield f"   {advice.remedy}"


def _slow(report: Report) -> Iterator[str]:
    for number, slow in enumerate(report.slow[:SHOWN], start=1):
        failed = ", failed" if slow.is_failed else ""
        yield f"{number}. Duration: {slow.seconds:.2f}s at {moment(slow.at)}{failed}"
        yield f"   {_shape(slow.shape)}"
        where = ", ".join(filter(None, (slow.caller, slow.origin)))
        if where:
            yield f"   {where}"
