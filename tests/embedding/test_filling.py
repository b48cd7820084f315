"""Vectors for the memories that have none: each once, and again when its text or the model changes."""

import datetime as dt

import pytest
from django.utils import timezone

from aistore import embedding
from aistore.embedding import filling
from aistore.exceptions import BadEmbedding
from aistore.models import Memory

from . import model

FACTS = ["likes tea with honey", "works as a nurse", "vegetarian since 2019"]
CALLS = []


def counted(texts):
    CALLS.append(texts)
    return model.embed(texts)


def picky(texts):
    if "works as a nurse" in texts:
        raise ValueError("this text is refused")
    return counted(texts)


def down(texts):
    CALLS.append(texts)
    raise ConnectionError("no route to the provider")


def shorter(texts):
    return model.embed(texts)[:, :128]


def turned(texts):
    return -model.embed(texts)


def writes_meanwhile(texts):
    Memory.objects.filter(content=FACTS[0]).update(content="likes coffee")
    Memory.objects.filter(content=FACTS[1]).delete()
    return model.embed(texts)


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


@pytest.fixture
def facts(meaning, owner):
    use(meaning, "counted")
    return [Memory.objects.remember(owner, fact) for fact in FACTS]


def use(settings, name, **more):
    """Another embedder; of the same model, unless another is named."""
    names = {"EMBEDDER": f"{__name__}.{name}", "EMBEDDER_MODEL": "words", "EMBEDDING_HOOK": None}
    settings.AISTORE = names | more


def test_each_once(facts, stored):
    filled = embedding.fill("default")
    assert (filled.model, filled.embedded, filled.missing, filled.failed) == ("words", 3, 0, {})
    assert stored() == [(memory.pk, "words", 256) for memory in facts]
    assert embedding.fill("default").embedded == 0
    assert [FACTS, FACTS[:1]] == CALLS  # the second time only to know the model again


def test_in_batches(facts, meaning, stored):
    use(meaning, "counted", EMBEDDING_BATCH=2)
    steps = []
    assert embedding.fill("default", on_progress=lambda *step: steps.append(step)).embedded == 3
    assert (CALLS, steps) == ([FACTS[:2], FACTS[2:]], [(2, 3), (3, 3)])


def test_it_goes_on_where_it_ended(facts):
    assert embedding.fill("default", limit=2).missing == 1
    assert embedding.fill("default", limit=2).embedded == 1


def test_a_changed_text(facts, stored):
    """And no other field."""
    embedding.fill("default")
    before = stored("embedding::text")
    Memory.objects.filter(pk=facts[0].pk).update(importance=9)
    assert embedding.state("default").missing == 0
    Memory.objects.filter(pk=facts[0].pk).update(content="likes coffee")
    assert embedding.fill("default").embedded == 1
    assert [old == new for old, new in zip(before, stored("embedding::text"), strict=True)] == [
        False,
        True,
        True,
    ]


def test_the_question_is_part_of_the_text(meaning, owner):
    use(meaning, "counted")
    Memory.objects.remember(owner, "by train", question="How do you travel?")
    embedding.fill("default")
    assert CALLS == [["How do you travel?\nby train"]]


def test_exact_text_reaches_the_model_readable(meaning, owner):
    use(meaning, "counted")
    Memory.objects.remember(owner, "tea\0\ud800")
    embedding.fill("default")
    assert CALLS == [["tea␀\ufffd"]]


def test_only_current_ones(meaning, owner):
    old = Memory.objects.remember(owner, "likes tea")
    Memory.objects.remember(owner, "likes coffee", supersedes=old)
    Memory.objects.remember(owner, "in Hue this week", expires_at=timezone.now() - dt.timedelta(days=1))
    assert embedding.fill("default").embedded == 1


def test_another_model(facts, meaning, stored):
    """Its vectors are made beside the old ones, which go when that is asked for."""
    embedding.fill("default")
    use(meaning, "shorter", EMBEDDER_MODEL="short")
    assert embedding.state("default").missing == 3
    assert embedding.fill("default").embedded == 3
    assert embedding.state("default").others == {"words": 3}
    assert list(embedding.remarks("default")) == [
        "3 vectors are of words, which is not used: run aistore_embed --remove-others"
    ]
    assert embedding.fill("default", remove_others=True).removed == 3
    assert stored() == [(memory.pk, "short", 128) for memory in facts]


@pytest.mark.parametrize(
    ("name", "why"),
    [("shorter", "have 128 dimensions, those stored as words 256"), ("turned", "answers otherwise")],
)
def test_models_are_not_mixed(facts, meaning, stored, name, why):
    """Another model under the name of the old one is refused, also where only one memory is to be embedded."""
    embedding.fill("default")
    before = stored("embedding::text")
    use(meaning, name)
    filling._recognised.clear()
    for attempt in (embedding.fill, lambda using: embedding.embed([facts[0].pk], using)):
        with pytest.raises(BadEmbedding, match=why):
            attempt("default")
    assert stored("embedding::text") == before


def test_one_that_fails_does_not_stop_the_others(facts, meaning, stored):
    use(meaning, "picky")
    filled = embedding.fill("default")
    assert (filled.embedded, filled.missing) == (2, 1)
    assert filled.failed == {str(facts[1].pk): "it raised ValueError: this text is refused"}
    assert len(stored()) == 2


def test_an_embedder_that_is_down(facts, meaning, owner, stored):
    """Is asked a few times, and not about every memory."""
    use(meaning, "down")
    for number in range(20):
        Memory.objects.remember(owner, f"fact {number}")
    with pytest.raises(BadEmbedding, match="no route to the provider"):
        embedding.fill("default")
    assert len(CALLS) == 1 + filling.FAILURES
    assert stored() == []


def test_what_changes_while_it_works(facts, meaning, stored):
    """A vector of an older text, or of a memory that is gone, is not stored."""
    use(meaning, "writes_meanwhile")
    embedding.embed([memory.pk for memory in facts], "default")
    assert stored("memory_id") == [(facts[2].pk,)]


def test_deleted_with_its_memory(facts, owner, stored):
    """However it is deleted."""
    embedding.fill("default")
    facts[0].delete()
    assert len(stored()) == 2
    owner.delete()
    assert stored() == []


def test_these_memories(facts, stored):
    """For a task of the host; what is embedded already is not embedded again."""
    assert embedding.embed([facts[0].pk, str(facts[1].pk)]) == 2
    assert embedding.embed([memory.pk for memory in facts]) == 1
    assert embedding.embed([]) == 0


def test_without_an_embedder(meaning, owner):
    meaning.AISTORE = {}
    memory = Memory.objects.remember(owner, "likes tea")
    assert embedding.embed([memory.pk]) == 0
    assert list(embedding.remarks("default")) == []


def test_what_an_operator_should_know(facts):
    assert list(embedding.remarks("default")) == ["3 memories have no vector of words: run aistore_embed"]
