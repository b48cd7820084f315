"""Vectors for the memories that have none, or one of an older text.

Which these are is asked of the rows each time: so a run that was interrupted goes on where it ended, a changed text or
another model is seen, and nothing depends on a queue.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ..conf import settings
from ..exceptions import BadEmbedding
from ..fields import unescape
from . import embedder, table
from .embedder import Vector

FIRST = uuid.UUID(int=0)
FAILURES = 5  # memories that fail one after the other: then it is the embedder, not the memories
ALIKE = 0.99  # the cosine of two vectors of one text by one model; providers do not repeat themselves exactly

TEXT_HASH = "md5(m.question || E'\\n' || m.content)::uuid"
PENDING = f"""
FROM aistore_memory AS m
LEFT JOIN aistore_memoryembedding AS e ON e.memory_id = m.id AND e.model = %(model)s
WHERE m.superseded_by_id IS NULL AND (m.expires_at IS NULL OR m.expires_at > now())
  AND e.content_hash IS DISTINCT FROM {TEXT_HASH}"""
COUNT = f"SELECT count(*) {PENDING}"
NEXT = f"""
SELECT m.id, m.question, m.content, {TEXT_HASH} {PENDING} AND m.id > %(after)s ORDER BY m.id LIMIT %(limit)s"""
THESE = f"""
SELECT m.id, m.question, m.content, {TEXT_HASH} {PENDING} AND m.id = ANY (%(ids)s::uuid[]) ORDER BY m.id"""

# Of memories that are still there and still say the same. Their locks hold until the vectors are committed: who
# deletes one of them waits, and takes its vector along.
STORE = f"""
INSERT INTO aistore_memoryembedding AS e (memory_id, model, dimension, content_hash, embedding)
SELECT m.id, %(model)s, coalesce(vector_dims(given.embedding), 0), given.hash, given.embedding
FROM unnest(%(ids)s::uuid[], %(hashes)s::uuid[], %(vectors)s::text[]::halfvec[]) AS given (id, hash, embedding)
JOIN aistore_memory AS m ON m.id = given.id AND {TEXT_HASH} = given.hash
ORDER BY m.id
FOR KEY SHARE OF m
ON CONFLICT (memory_id, model) DO UPDATE
SET dimension = excluded.dimension, content_hash = excluded.content_hash, embedding = excluded.embedding"""

KNOWN = f"""
SELECT e.dimension, e.embedding::text, m.question, m.content
FROM aistore_memoryembedding AS e JOIN aistore_memory AS m ON m.id = e.memory_id AND e.content_hash = {TEXT_HASH}
WHERE e.model = %(model)s AND e.embedding IS NOT NULL
LIMIT 1"""


class Row(NamedTuple):
    id: uuid.UUID
    question: str
    content: str
    hash: uuid.UUID

    @property
    def text(self) -> str:
        return text_of(self.question, self.content)


@dataclass
class Filled:
    model: str
    embedded: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # id -> why
    missing: int = 0  # still, in the end
    is_indexed: bool = False
    removed: int = 0  # vectors of other models


def text_of(question: str, content: str) -> str:
    """What the embedder gets: an answer means little without what was asked."""
    return unescape(f"{question}\n{content}" if question.strip() else content)


def fill(
    using: str,
    *,
    limit: int | None = None,
    remove_others: bool = False,
    on_progress: Callable[[int, int], object] | None = None,
) -> Filled:
    """Embed all that is missing, at most ``limit``, and index it. What fails by itself is named and passed over.
    ``on_progress`` is told how many are done, and of how many.

    Raises NoVectors, and BadEmbedding when the embedder fails for one memory after the other; what was done until
    then is kept.
    """
    filled = Filled(embedder.model())
    table.create(using)
    _refuse_another(using)
    done, total = 0, missing(using)
    for rows in _batches(using, limit):
        _embed_each(using, rows, filled)
        done += len(rows)
        if on_progress:
            on_progress(done, total if limit is None else min(limit, total))
    filled.missing = missing(using)
    for dimension, *_ in _known(using):
        filled.is_indexed = table.create_index(using, filled.model, dimension)
        if remove_others and filled.missing <= len(filled.failed):
            filled.removed = table.remove_others(using, filled.model, dimension)
    return filled


def missing(using: str) -> int:
    """Current memories without a vector, or with one of an older text. Reads all memories."""
    [(count,)] = _fetch(using, COUNT, model=embedder.model())
    return int(count)


def embed(memory_ids: Sequence[Any], using: str = DEFAULT_DB_ALIAS) -> int:
    """Embed those of these memories that need it: what a task of the host calls. Returns how many did.

    Raises BadEmbedding: then nothing was stored, and the task may be tried again. Without pgvector it does nothing.
    """
    if not embedder.is_configured() or not table.is_ready(using):
        return 0
    key = (using, str(connections[using].settings_dict["NAME"]), embedder.model())
    if key not in _recognised and _refuse_another(using):
        _recognised.add(key)
    ids = [str(memory_id) for memory_id in memory_ids]
    return _embed(using, [Row(*row) for row in _fetch(using, THESE, model=embedder.model(), ids=ids)])


_recognised: set[tuple[str, str, str]] = set()


def _batches(using: str, limit: int | None) -> Iterator[list[Row]]:
    after, left = FIRST, limit
    while left is None or left > 0:
        count = max(1, settings.EMBEDDING_BATCH)
        count = count if left is None else min(left, count)
        rows = [Row(*row) for row in _fetch(using, NEXT, model=embedder.model(), after=after, limit=count)]
        if not rows:
            return
        yield rows
        after, left = rows[-1].id, None if left is None else left - len(rows)


def _embed_each(using: str, rows: list[Row], filled: Filled) -> None:
    """Together; one by one if that fails, for one text that the embedder does not like must not stop all others."""
    with contextlib.suppress(BadEmbedding):
        filled.embedded += _embed(using, rows)
        return
    failures = 0
    for row in rows:
        try:
            filled.embedded += _embed(using, [row])
            failures = 0
        except BadEmbedding as error:
            failures += 1
            filled.failed[str(row.id)] = error.why
            if failures == FAILURES or (not filled.embedded and row is rows[-1]):
                raise


def _embed(using: str, rows: list[Row]) -> int:
    """Not in a transaction while the embedder works: it may take seconds."""
    if not rows:
        return 0
    vectors = embedder.vectors_of([row.text for row in rows])
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(STORE, {
            "model": embedder.model(),
            "ids": [str(row.id) for row in rows],
            "hashes": [str(row.hash) for row in rows],
            "vectors": [vector and embedder.literal(vector) for vector in vectors],
        })  # fmt: skip
        return int(cursor.rowcount)


def _refuse_another(using: str) -> bool:
    """An embedder that answers otherwise than when the vectors of its name were made. False: there are none."""
    model, is_known = embedder.model(), False
    for dimension, stored, question, content in _known(using):
        is_known = True
        [vector] = embedder.vectors_of([text_of(question, content)])
        if vector is None or len(vector) != dimension:
            raise _another(
                f"its vectors have {len(vector or ())} dimensions, those stored as {model} {dimension}"
            )
        if (alike := _cosine(vector, stored)) < ALIKE:
            raise _another(
                f"it answers otherwise than when the vectors of {model} were made (cosine {alike:.2f})"
            )
    return is_known


def _known(using: str) -> list[tuple[Any, ...]]:
    return _fetch(using, KNOWN, model=embedder.model())


def _cosine(vector: Vector, stored: str) -> float:
    return sum(map(mul, vector, map(float, stored.strip("[]").split(","))))


def _another(why: str) -> BadEmbedding:
    remedy = "Give a new model a name of its own in AISTORE['EMBEDDER_MODEL']: vectors of two are not mixed."
    return BadEmbedding(embedder=settings.EMBEDDER, why=why, remedy=remedy)


def _fetch(using: str, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
