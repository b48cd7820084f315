"""The host's embedder: one text, one vector of length one, or an error that says what is wrong with it."""

import math

import pytest

from aistore.embedding import embedder
from aistore.exceptions import BadEmbedding

SAID = []


def said(texts):
    SAID.append(texts)
    return [(3, 4)] * len(texts)


def broken(texts):
    raise ConnectionError("no route to the provider")


def none(texts):
    return None


def too_few(texts):
    return [[1.0]]


def words(texts):
    return [["a"]] * len(texts)


def uneven(texts):
    return [[1.0] * number for number, _ in enumerate(texts, 1)]


def empty(texts):
    return [[] for _ in texts]


def nan(texts):
    return [[1.0, math.nan] for _ in texts]


def endless(texts):
    return [[1e200, 1e200] for _ in texts]


def zero(texts):
    return [[0.0, 0.0] for _ in texts]


value = 7


@pytest.fixture(autouse=True)
def nothing_said():
    SAID.clear()
    embedder._remembered.clear()


def use(settings, name, **more):
    settings.AISTORE = {"EMBEDDER": f"{__name__}.{name}", **more}


def test_vectors_have_length_one(settings):
    use(settings, "said")
    assert embedder.vectors_of(["a", "b"]) == [[0.6, 0.8], [0.6, 0.8]]
    assert embedder.literal([0.6, 1 / 3]) == "[0.6,0.33333]"


def test_what_means_nothing(settings):
    """A zero vector has no direction; a blank text is not asked about."""
    use(settings, "zero")
    assert embedder.vectors_of(["a", " \n"]) == [None, None]
    use(settings, "said")
    assert embedder.vectors_of([" ", "a", ""]) == [None, [0.6, 0.8], None]
    assert SAID == [["a"]]


def test_texts_that_any_model_can_read(settings):
    """No NUL, no lone surrogate, and no more than a model takes."""
    use(settings, "said")
    embedder.vectors_of(["a\0\ud800", "x" * 10_000_000])
    assert SAID == [["a␀\ufffd", "x" * embedder.LONGEST]]


def test_a_sentence_is_asked_about_once(settings):
    """For each model; and only so many are kept."""
    use(settings, "said")
    assert [embedder.vector_of("a") for _ in range(3)] == [[0.6, 0.8]] * 3
    use(settings, "said", EMBEDDER_MODEL="another")
    embedder.vector_of("a")
    assert SAID == [["a"], ["a"]]
    for number in range(embedder.REMEMBERED):
        embedder.vector_of(str(number))
    assert len(embedder._remembered) == embedder.REMEMBERED


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("broken", "it raised ConnectionError: no route to the provider"),
        ("none", "it returned NoneType, which is no list"),
        ("words", "it returned list, which is no list of lists of numbers"),
        ("too_few", "it returned 1 vectors for 2 texts"),
        ("uneven", r"its vectors have \[1, 2\] dimensions"),
        ("empty", r"its vectors have \[0\] dimensions"),
        ("nan", "NaN or infinity"),
        ("endless", "NaN or infinity"),
        ("value", "it is no callable"),
        ("missing", "does not define"),
    ],
)
def test_what_is_wrong_with_it(settings, name, why):
    use(settings, name)
    with pytest.raises(BadEmbedding, match=why) as caught:
        embedder.vectors_of(["a", "b"])
    assert f"{__name__}.{name}" in str(caught.value)


def test_the_name_of_its_vectors(settings):
    use(settings, "said")
    assert embedder.model() == f"{__name__}.said"
    use(settings, "said", EMBEDDER_MODEL="small-3")
    assert embedder.model() == "small-3"
