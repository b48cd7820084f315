"""The host's embedder: from texts to vectors of length one, or a clear error.

It is a callable that takes a list of texts and returns a list of as many vectors: lists, tuples or arrays of numbers,
all of one dimension. A zero vector means nothing to the model, and neither does a blank text, with which it is not
bothered.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from operator import mul
from typing import Any

from django.utils.module_loading import import_string

from ..conf import settings
from ..exceptions import BadEmbedding
from ..fields import readable

Vector = list[float]

LONGEST = 8000  # characters of a text that the embedder gets: some 2,000 tokens, which all models take
MOST_DIMENSIONS = 16_000  # of pgvector's halfvec
NAME_ONE = "Name a callable by its path in AISTORE['EMBEDDER']."
REMEMBERED = 256  # sentences whose vectors each process keeps: pages of one search ask for the same one


def is_configured() -> bool:
    return bool(settings.EMBEDDER)


def model() -> str:
    """Under which name its vectors are kept. Raises BadEmbedding where none is configured."""
    if not is_configured():
        raise BadEmbedding(embedder=None, why="none is configured", remedy=NAME_ONE)
    return str(settings.EMBEDDER_MODEL or settings.EMBEDDER)


def vectors_of(texts: Sequence[str]) -> list[Vector | None]:
    """For each text its vector, of length one; None where the model sees no meaning. Raises BadEmbedding."""
    shown = [readable(text[:LONGEST]) for text in texts]
    asked = [text for text in shown if text.strip()]
    answered = iter(_checked(_called(asked), len(asked)) if asked else [])
    return [next(answered) if text.strip() else None for text in shown]


def vector_of(sentence: str) -> Vector | None:
    key = (model(), sentence)
    with _lock:
        if key in _remembered:
            _remembered.move_to_end(key)
            return _remembered[key]
    [vector] = vectors_of([sentence])
    with _lock:
        _remembered[key] = vector
        if len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return vector


_remembered: OrderedDict[tuple[str, str], Vector | None] = OrderedDict()
_lock = threading.Lock()


def literal(vector: Vector) -> str:
    """As PostgreSQL reads it. A half float has three digits; more would only be longer."""
    return f"[{','.join(format(number, '.5g') for number in vector)}]"


def _called(texts: list[str]) -> Any:
    embedder = _embedder(settings.EMBEDDER)
    try:
        return embedder(texts)
    except Exception as error:  # the host's code and his provider's: anything can come from there
        why = f"it raised {type(error).__name__}: {error}"
        raise BadEmbedding(embedder=settings.EMBEDDER, why=why, remedy="See to it, and try again.") from error


@cache
def _embedder(path: str) -> Callable[[list[str]], Any]:
    try:
        found = import_string(path)
    except ImportError as error:
        raise BadEmbedding(embedder=path, why=str(error), remedy=NAME_ONE) from error
    if not callable(found):
        raise BadEmbedding(embedder=path, why="it is no callable", remedy="Name a function.")
    return found


def _checked(answer: Any, count: int) -> list[Vector | None]:
    try:
        vectors = [[float(number) for number in vector] for vector in answer]
    except (TypeError, ValueError):
        raise _bad(f"it returned {type(answer).__name__}, which is no list of lists of numbers") from None
    if len(vectors) != count:
        raise _bad(f"it returned {len(vectors)} vectors for {count} texts")
    dimensions = {len(vector) for vector in vectors}
    if len(dimensions) > 1 or not 1 <= max(dimensions) <= MOST_DIMENSIONS:
        raise _bad(
            f"its vectors have {sorted(dimensions)} dimensions, not one number from 1 to {MOST_DIMENSIONS}"
        )
    return [_of_length_one(vector) for vector in vectors]


def _of_length_one(vector: Vector) -> Vector | None:
    length = math.sqrt(sum(map(mul, vector, vector)))
    if not math.isfinite(length):
        raise _bad("a vector has NaN or infinity in it")
    return [number / length for number in vector] if length else None


def _bad(why: str) -> BadEmbedding:
    remedy = "It must return one list of finite numbers for each text, all of the same length."
    return BadEmbedding(embedder=settings.EMBEDDER, why=why, remedy=remedy)
