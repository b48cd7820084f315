"""The SQL that finds and ranks hits.

Note [Candidates]. A word that everybody uses has 500,000 hits, and to rank each would take many seconds. So the newest
1,000 hits are ranked, and no more; filters belong in front of search(), where they say among which rows the newest are
looked for. Where the rows are everybody's, even to find the newest of 500,000 takes too long: there the newest 5,000
rows are looked at first, and when these have 100 hits, the word is so common that they are enough.

Where full text finds nothing, pieces of words are looked for, in the newest rows again: to read a text of 1,000
characters takes some 10 µs. Every look-up by id goes through an array, so that the planner cannot mistake it for a
reason to read a whole table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..search.query import Query
from .hits import OfTable

RANKED = 1000  # hits
REACH = 3000  # of the newest rows of an owner, where pieces of words are looked for
NEAR = 5000  # of the newest rows of everybody, looked at first
ENOUGH = 100  # hits among them

Statement = tuple[str, list[Any]]


@dataclass(frozen=True)
class Table:
    """What is searched. ``text`` is SQL over {t}, the table."""

    name: str
    text: str
    weight: str = ""  # another factor of the rank

    @property
    def folded(self) -> str:
        return f"aistore_fold({self.text})"


TABLES = {
    table.name: table
    for table in (
        Table("aistore_message", "{t}.content"),
        Table("aistore_memory", "({t}.content || ' ' || {t}.question)", "(0.5 + {t}.importance / 10.0)"),
        Table("aistore_upload", "({t}.name || ' ' || {t}.text)"),
    )
}

MATCHES = "{t}.words @@ aistore_query(%s::text[])"
IS_NEWEST = "{{t}}.id = ANY (ARRAY(SELECT id FROM {table} ORDER BY id DESC LIMIT {near}))"

OF_SOME = """full_text (id) AS MATERIALIZED ({full_text})"""
OF_EVERYONE = """near (id) AS MATERIALIZED ({near}),
far (id) AS MATERIALIZED (SELECT f.id FROM ({full_text}) AS f (id) WHERE (SELECT count(*) FROM near) < {enough}),
full_text (id) AS MATERIALIZED (SELECT id FROM near UNION SELECT id FROM far)"""
CANDIDATES = """{full_text},
pieces AS MATERIALIZED (
    SELECT t.id FROM {table} AS t
    WHERE NOT EXISTS (SELECT FROM full_text) AND t.id = ANY (ARRAY({reach})) AND {contained}
    ORDER BY t.created_at DESC, t.id DESC LIMIT {ranked}
)"""
RANKED_HITS = """SELECT {columns}, {rank} AS rank FROM {table} AS t
WHERE t.id = ANY (ARRAY(SELECT id FROM full_text UNION ALL SELECT id FROM pieces))"""

# What is new counts for twice as much as what is old: at 30 days for one and a half. Pieces, and lexemes without places
# as those of scripts without spaces, are worth nothing to ts_rank(); so each hit is worth a little by being one: the
# more, the shorter it is.
RECENCY = "(0.5 + 0.5 / (1 + greatest(0, extract(epoch FROM now() - {at})) / 2592000.0))"
BEING_ONE = "0.1 / (1 + ln(1 + octet_length({text})))"
OF_WORDS = "coalesce(ts_rank({{t}}.words, {query}, 1), 0)"


def ranked(rows: Any, query: Query, table: Table, is_boundless: bool) -> Statement:
    """Id and rank."""
    sql, parameters = found(rows, query, table, is_boundless)
    hits, more = hits_of(query, table, "t.id")
    return f"WITH {sql} {hits}", [*parameters, *more]


def found(rows: Any, query: Query, table: Table, is_boundless: bool) -> Statement:
    """Common table expressions: the ids that full text finds, and the pieces where it finds none."""
    matching = rows.filter(OfTable(MATCHES, [query.items]))
    exact = query.exact(table.folded)
    if exact is not None:
        matching = matching.filter(OfTable(*exact))
    is_newest = OfTable(IS_NEWEST.format(table=table.name, near=NEAR))
    full_text, parameters = newest(matching, RANKED)
    reach, of_reach = newest(rows.filter(is_newest) if is_boundless else rows, REACH)
    contained, of_pieces = query.contained(table.folded.replace("{t}", "t"))
    shape = OF_SOME
    if is_boundless:
        near, of_near = newest(matching.filter(is_newest), RANKED)
        shape, parameters = OF_EVERYONE, [*of_near, *parameters]
    return CANDIDATES.format(
        full_text=shape.format(full_text=full_text, near=near if is_boundless else "", enough=ENOUGH),
        table=table.name, reach=reach, contained=contained, ranked=RANKED,
    ), [*parameters, *of_reach, *of_pieces]  # fmt: skip


def hits_of(query: Query, table: Table, columns: str) -> Statement:
    """The candidates with their ranks."""
    rank, parameters = rank_of(query, table, "aistore_query(%s::text[])")
    sql = RANKED_HITS.format(columns=columns, rank=rank.replace("{t}", "t"), table=table.name)
    return sql, [query.items, *parameters]


def rank_of(query: Query, table: Table, compiled: str) -> Statement:
    """SQL over {t}; ``compiled`` is SQL that gives the tsquery, and its parameter the first."""
    being_one, recency = BEING_ONE.format(text=table.text), RECENCY.format(at="{t}.created_at")
    factors, parameters = [f"({OF_WORDS.format(query=compiled)} + {being_one})", recency, table.weight], []
    verbatim = query.verbatim(table.folded)
    if verbatim is not None:
        factors.append(f"CASE WHEN {verbatim[0]} THEN 2 ELSE 1 END")
        parameters = verbatim[1]
    return " * ".join(filter(None, factors)), parameters


def newest(rows: Any, count: int, order: str = "-created_at") -> Statement:
    """The ids of the newest ones. Raises EmptyResultSet."""
    ids = rows.order_by(order, "-pk").values_list("pk")[:count]
    sql, parameters = ids.query.get_compiler(rows.db).as_sql()
    return sql, list(parameters)
