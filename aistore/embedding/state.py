"""What the vectors of a database are like, for operators."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections

from . import embedder, table
from .filling import missing

OTHERS = "SELECT model, count(*) FROM aistore_memoryembedding WHERE model <> %s GROUP BY model ORDER BY model"


@dataclass(frozen=True)
class State:
    model: str  # empty: no embedder is configured
    why_not: str  # why there are no vectors in this database; empty: there are
    missing: int  # current memories without a vector of the model, or with one of an older text
    others: dict[str, int]  # vectors of other models


def state(using: str) -> State:
    if not embedder.is_configured():
        return State("", "", 0, {})
    model, why_not = embedder.model(), table.why_not(using)
    if why_not:
        return State(model, why_not, 0, {})
    with connections[using].cursor() as cursor:
        cursor.execute(OTHERS, [model])
        others = dict(cursor.fetchall())
    return State(model, "", missing(using), others)


def remarks(using: str) -> Iterator[str]:
    """What an operator should know, one line each."""
    found = state(using)
    if found.why_not:
        yield f"EMBEDDER is set, but relevant() finds by words only: {found.why_not}"
    if found.missing:
        yield f"{found.missing:,} memories have no vector of {found.model}: run aistore_embed"
    for model, count in found.others.items():
        yield f"{count:,} vectors are of {model}, which is not used: run aistore_embed --remove-others"
