"""How the tables and indexes of aistore fare, from PostgreSQL's own statistics.

What is asked is bounded by the number of our tables and indexes, never by rows: sizes are read from the file system,
counts from the statistics. They count since the statistics were reset, on this server alone: an index that only a
replica uses seems unused here.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import UniqueConstraint

from .probe import Probe

MANY_ROWS = 10_000  # below which PostgreSQL may rightly read a table whole
LARGE_INDEX = 1024**2  # bytes; a smaller one that nobody uses costs nothing worth a thought
LONG_ENOUGH = dt.timedelta(days=7)  # for an index to be called unused
DEAD_SHARE = 0.20  # autovacuum's own default
WHOLE_SHARE = 0.01  # of all reads of a large table
WHOLE_READS = 100

DATABASE = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int, stats_reset, pg_is_in_recovery()
FROM pg_stat_database WHERE datname = current_database()"""
TABLES = """
SELECT c.relname, pg_table_size(c.oid), pg_indexes_size(c.oid), s.n_live_tup, s.n_dead_tup,
       s.seq_scan, coalesce(s.idx_scan, 0), greatest(s.last_vacuum, s.last_autovacuum),
       greatest(s.last_analyze, s.last_autoanalyze)
FROM unnest(%s::text[]) AS name
JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(name))
JOIN pg_stat_all_tables AS s ON s.relid = c.oid
ORDER BY pg_total_relation_size(c.oid) DESC"""
INDEXES = """
SELECT t.relname, i.relname, pg_relation_size(i.oid), coalesce(s.idx_scan, 0),
       x.indisunique OR EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid), x.indisvalid
FROM unnest(%s::text[]) AS name
JOIN pg_index AS x ON x.indrelid = to_regclass(quote_ident(name))
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_class AS i ON i.oid = x.indexrelid
LEFT JOIN pg_stat_all_indexes AS s ON s.indexrelid = i.oid
ORDER BY pg_relation_size(i.oid) DESC"""
# An index serves a key if it begins with one of the key's columns and holds every row that has it.
BARE_KEYS = """
SELECT t.relname, (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
                   WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey))
FROM unnest(%s::text[]) AS name
JOIN pg_constraint AS k ON k.conrelid = to_regclass(quote_ident(name)) AND k.contype = 'f'
JOIN pg_class AS t ON t.oid = k.conrelid
WHERE NOT EXISTS (
    SELECT FROM pg_index AS x
    WHERE x.indrelid = k.conrelid AND x.indisvalid
      AND x.indkey[0] = ANY (k.conkey)
      AND (x.indpred IS NULL OR pg_get_expr(x.indpred, x.indrelid) LIKE '%%IS NOT NULL%%')
)
ORDER BY 1, 2"""


@dataclass(frozen=True)
class Database:
    """``counting_since``: when PostgreSQL began to count; None: when the database was made."""

    version: str
    bytes: int
    connections: int  # of all clients of the server
    max_connections: int
    counting_since: dt.datetime | None
    is_replica: bool


@dataclass(frozen=True)
class Table:
    name: str
    bytes: int
    index_bytes: int
    rows: int  # as PostgreSQL estimates them
    dead_rows: int
    whole_reads: int
    index_reads: int
    vacuumed_at: dt.datetime | None
    analyzed_at: dt.datetime | None

    @property
    def dead_share(self) -> float:
        return self.dead_rows / (self.rows + self.dead_rows) if self.dead_rows else 0.0

    @property
    def has_many_dead(self) -> bool:
        return self.dead_rows >= MANY_ROWS and self.dead_share > DEAD_SHARE

    @property
    def is_read_whole(self) -> bool:
        """So often that an index seems to be missing."""
        many = self.rows >= MANY_ROWS and self.whole_reads >= WHOLE_READS
        return many and self.whole_reads > WHOLE_SHARE * (self.whole_reads + self.index_reads)


@dataclass(frozen=True)
class Index:
    table: str
    name: str
    bytes: int
    reads: int
    is_rule: bool  # holds a rule (unique, exclusion), read or not
    is_valid: bool


@dataclass(frozen=True)
class MissingIndex:
    """``name``: of the index, where the models say it; otherwise empty."""

    table: str
    name: str
    why: str


def names() -> list[str]:
    return [model._meta.db_table for model in apps.get_app_config("aistore").get_models()]


def database(probe: Probe) -> Database:
    [row] = probe.rows(DATABASE)
    return Database(*row)


def tables(probe: Probe) -> tuple[Table, ...]:
    return tuple(Table(*row) for row in probe.rows(TABLES, [names()]))


def indexes(probe: Probe) -> tuple[Index, ...]:
    return tuple(Index(*row) for row in probe.rows(INDEXES, [names()]))


def unused(found: tuple[Index, ...], large: tuple[Table, ...]) -> tuple[Index, ...]:
    """Those that were never read, of tables large enough for them to be used."""
    many = {table.name for table in large if table.rows >= MANY_ROWS}
    return tuple(
        index
        for index in found
        if not index.reads and not index.is_rule and index.bytes >= LARGE_INDEX and index.table in many
    )


def missing(probe: Probe, found: tuple[Index, ...], there: tuple[Table, ...]) -> tuple[MissingIndex, ...]:
    return (
        *_not_there(found, {table.name for table in there}),
        *(
            MissingIndex(index.table, index.name, "is invalid: its building was broken off; REINDEX it")
            for index in found
            if not index.is_valid
        ),
        *(
            MissingIndex(table, "", f"has a foreign key without an index: {columns}")
            for table, columns in probe.rows(BARE_KEYS, [names()])
        ),
        *(
            MissingIndex(table.name, "", f"was read whole {table.whole_reads:,} times; see the slow queries")
            for table in there
            if table.is_read_whole
        ),
    )


def _not_there(found: tuple[Index, ...], there: set[str]) -> Iterator[MissingIndex]:
    """What the models say and the database does not have: dropped by hand, or a migration that was not run."""
    known = {index.name for index in found}
    for model in apps.get_app_config("aistore").get_models():
        if model._meta.db_table not in there:
            continue
        for name in _said_by(model):
            if name not in known:
                why = "is said by the models and not there; run manage.py migrate, or make it anew"
                yield MissingIndex(model._meta.db_table, name, why)


def _said_by(model: Any) -> Iterator[str]:
    yield from (index.name for index in model._meta.indexes)
    yield from (rule.name for rule in model._meta.constraints if isinstance(rule, UniqueConstraint))
