"""Relevance by meaning: what it finds of the nearest ten, and how long it takes, as the owner has few or many.

python -m benchmarks.relevance [--memories 40000]

Facts are made of a hundred words and embedded by WordLlama (the extra test-embeddings). Owners have 100, 1,000 and
10,000 of them, and one all the rest. Each is asked by relevant(), by comparing all his vectors, and by the index alone:
once as pgvector has it, and once with scans that go on until there is enough.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from typing import Any

from . import server

ASKED = 20  # sentences for each owner
NEAREST = 10
EMBEDDER = "tests.embedding.model.embed"
WORDS = """
ada anna bao chi dan eva finn hoa ida jan kim lan likes hates knows bought sold wants needs fears plays reads writes
cooks tea coffee bread rice noodles soup peanuts fish meat sugar violin piano guitar chess football running swimming
cycling hiking train plane car bicycle house garden balcony kitchen office school hospital bank shop market museum
paris rome hue hanoi lisbon berlin kyoto cairo monday sunday spring summer autumn winter morning evening night
mother father sister brother daughter son doctor nurse teacher lawyer farmer painter python django postgres linux
""".split()

NEAR = """
SELECT e.memory_id FROM aistore_memoryembedding AS e JOIN aistore_memory AS m ON m.id = e.memory_id
WHERE m.owner_id = %s AND e.model = '{model}' AND e.dimension = 256
ORDER BY {distance} LIMIT {nearest}"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.relevance", description=__doc__.splitlines()[0])
    parser.add_argument("--memories", type=int, default=40_000)
    options = parser.parse_args(arguments)
    server.set_up()
    with server.databases("default"):
        run(options.memories)
    return 0


def run(memories: int) -> None:
    from django.conf import settings

    from aistore import embedding

    settings.AISTORE = {"EMBEDDER": EMBEDDER, "EMBEDDING_HOOK": None, "EMBEDDING_BATCH": 512}
    dice = random.Random(1)
    owners = dict(stored(dice, memories))
    began = time.perf_counter()
    filled = embedding.fill("default")
    rate = filled.embedded / (time.perf_counter() - began)
    print(f"{filled.embedded:,} memories embedded and indexed, {rate:,.0f} a second\n")
    sql("VACUUM ANALYZE aistore_memory, aistore_memoryembedding")
    print("| memories of the owner | relevant() ms | compared ms | index ms, found | iterative ms, found |")
    print("|---|---|---|---|---|")
    for count, owner in owners.items():
        print(f"| {count:,} | {' | '.join(row(dice, owner))} |")


def stored(dice: random.Random, memories: int) -> Any:
    from django.contrib.auth import get_user_model

    from aistore.models import Memory

    for count in (100, 1000, 10_000, memories - 11_100):
        owner = get_user_model().objects.create(username=f"owner of {count}")
        facts = [f"{' '.join(dice.sample(WORDS, 7))} {number}" for number in range(count)]
        Memory.objects.bulk_create([Memory(owner=owner, content=fact) for fact in facts], batch_size=2000)
        yield count, owner


def row(dice: random.Random, owner: Any) -> list[str]:
    from aistore.embedding import embedder
    from aistore.models import Memory

    sentences = [" ".join(dice.sample(WORDS, 4)) for _ in range(ASKED)]
    vectors = [embedder.literal(embedder.vector_of(sentence) or []) for sentence in sentences]
    mine = Memory.objects.owned_by(owner)
    list(mine.relevant(sentences[0]))
    relevant = [timed(lambda s=sentence: list(mine.relevant(s)))[0] for sentence in sentences]
    compared = [timed(lambda v=vector: near(owner, v, "e.embedding")) for vector in vectors]
    cells = [milliseconds(relevant), milliseconds(took for took, _ in compared)]
    for mode in ("off", "relaxed_order"):
        sql(f"SET hnsw.iterative_scan = {mode}")
        indexed = [timed(lambda v=vector: near(owner, v, "e.embedding::halfvec(256)")) for vector in vectors]
        found = sum(len(a & b) for (_, a), (_, b) in zip(indexed, compared, strict=True))
        share = found / sum(len(ids) for _, ids in compared)
        cells.append(f"{milliseconds(took for took, _ in indexed)}, {share:.0%}")
    return cells


def near(owner: Any, vector: str, column: str) -> set[Any]:
    """By the index where the column is written as the index has it; otherwise all are compared."""
    distance = f"{column} <=> '{vector}'::halfvec(256)"
    rows = sql(NEAR.format(model=EMBEDDER, distance=distance, nearest=NEAREST), [owner.pk])
    return {memory_id for (memory_id,) in rows}


def timed(action: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


def milliseconds(seconds: Any) -> str:
    return f"{statistics.median(seconds) * 1000:.1f}"


def sql(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


if __name__ == "__main__":
    sys.exit(main())
