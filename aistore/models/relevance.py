"""What is relevant to a sentence: found by its words and by its meaning, in one statement.

Note [Fusion]. Two lists are joined by position, not by score, for a distance and a rank of words have nothing in
common: each hit counts 1 / (60 + its position), and in both lists twice. (Reciprocal rank fusion; with 60 the first few
of a list weigh nearly the same, so that one list alone does not decide.)

Note [Few or many]. An index of vectors knows no owner: it gives the nearest of all, and what is not his is thrown away.
To an owner of 1,000 of 30,000 memories it gave 15 % of his nearest ten; with scans that go on until there is enough
99 %, in the time that comparing all 1,000 takes (``python -m benchmarks.relevance``). So what a query may find is
counted up to ``FEW``: where it is not more, all vectors are compared, which is exact, and the index serves the others.
"""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db.models import FloatField
from django.db.models.query import ModelIterable

from ..embedding import embedder, table
from ..embedding.embedder import Vector
from ..exceptions import BadEmbedding
from ..search.query import parse
from .hits import Hits, of_hits
from .searching import Snippets

if TYPE_CHECKING:
    from .memory import MemoryQuerySet

logger = logging.getLogger("aistore.embedding")

FEW = 20_000  # memories whose vectors are compared one by one
DEPTH = 50  # of each list; more where more are asked for
SCANNED = 200  # candidates that a scan of the index keeps; the default of 40 missed a third of the nearest 50

FUSED = """
    WITH candidates (id) AS MATERIALIZED (
        {candidates} LIMIT {few} + 1
    ), amount AS MATERIALIZED (
        SELECT count(*) <= {few} AS is_few FROM candidates
    ), found (id, position) AS (
        {lists}
    )
    SELECT id, sum(1.0 / (60 + position))::double precision AS rank FROM found GROUP BY id"""

WORDS = "SELECT hits.*, row_number() OVER () FROM ({words}) AS hits"

# set_config() is done when the row of ``mode`` is made, before the scan that is joined to it begins; the settings last
# for this transaction.
MEANING = f"""
SELECT near.id, row_number() OVER (ORDER BY near.distance, near.id) FROM (
    (SELECT e.memory_id AS id, e.embedding <=> %s::halfvec AS distance
     FROM candidates JOIN aistore_memoryembedding AS e ON e.memory_id = candidates.id
     WHERE e.model = %s AND e.dimension = {{dimension}} AND e.embedding IS NOT NULL AND (SELECT is_few FROM amount)
     ORDER BY distance LIMIT {{depth}})
    UNION ALL
    (SELECT found.* FROM (
        SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true) AS iterative,
               set_config('hnsw.ef_search', '{SCANNED}', true) AS scanned
        FROM amount WHERE NOT is_few
     ) AS mode, LATERAL (
        SELECT e.memory_id AS id, e.embedding::halfvec({{dimension}}) <=> %s::halfvec({{dimension}}) AS distance
        FROM aistore_memoryembedding AS e
        WHERE mode.iterative IS NOT NULL AND mode.scanned IS NOT NULL
          AND e.model = %s AND e.dimension = {{dimension}} AND e.memory_id IN ({{candidates}})
        ORDER BY distance LIMIT {{depth}}
     ) AS found)
) AS near"""


def relevant(memories: MemoryQuerySet, sentence: str, limit: int) -> MemoryQuerySet:
    """The most relevant first, each with ``rank`` and ``snippet``. The embedder is called when the rows are fetched."""
    sentence, depth = str(sentence or ""), max(limit, DEPTH)
    by_words = memories.search(sentence, limit=depth)
    rows: Any = memories.order_by()
    fusion = Fusion(memories.order_by(), by_words, sentence, depth, rows.query.get_initial_alias())
    alias = rows.query.join(fusion)
    rows._searched_for = parse(sentence)
    if rows._iterable_class is ModelIterable:
        rows._iterable_class = Snippets
    return rows.annotate(rank=of_hits(alias, "{t}.rank", FloatField())).order_by("-rank", "-pk")[:limit]


class Fusion(Hits):
    """The hits of both lists."""

    def __init__(self, memories: Any, by_words: Any, sentence: str, depth: int, parent_alias: str) -> None:
        super().__init__("", [], parent_alias)
        self.memories, self.by_words = memories, by_words
        self.sentence, self.depth = sentence, depth

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        candidates, given = _compiled(self.memories, connection)
        lists = [self._by_words(connection), self._by_meaning(connection, candidates, given)]
        written = [one for one in lists if one is not None]
        if not written:
            raise EmptyResultSet
        fused = copy.copy(self)
        fused.sql = FUSED.format(
            few=FEW, candidates=candidates, lists=" UNION ALL ".join(sql for sql, _ in written)
        )
        fused.parameters = [*given, *(value for _, values in written for value in values)]
        return super(Fusion, fused).as_sql(compiler, connection)

    def _by_words(self, connection: Any) -> tuple[str, tuple[Any, ...]] | None:
        try:
            words, given = _compiled(self.by_words, connection)
        except EmptyResultSet:
            return None
        return WORDS.format(words=words), given

    def _by_meaning(self, connection: Any, candidates: str, given: Any) -> tuple[str, tuple[Any, ...]] | None:
        vector = _vector(self.sentence, connection.alias)
        if vector is None:
            return None
        sql = MEANING.format(candidates=candidates, dimension=len(vector), depth=self.depth)
        near, model = embedder.literal(vector), embedder.model()
        return sql, (near, model, near, model, *given)


def _compiled(rows: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
    """Of their ids, in their order."""
    sql, parameters = rows.values("pk").query.get_compiler(connection=connection).as_sql()
    return sql, tuple(parameters)


def _vector(sentence: str, using: str) -> Vector | None:
    """None, too, when the embedder fails: who is asked then answers by words, rather than not at all."""
    if not table.is_ready(using):
        return None
    try:
        return embedder.vector_of(sentence)
    except BadEmbedding as error:
        logger.warning("relevant() finds by words only: %s", error)
        return None
