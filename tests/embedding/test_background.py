"""Vectors for what was just written: after the commit, once for a transaction, and never in the way."""

import threading

import pytest
from django.db import connection, transaction

from aistore import embedding
from aistore.embedding import background
from aistore.models import Memory

from . import model

TOLD = []
THREADS = []
PATIENCE = 20  # seconds that nothing should ever need


def told(memory_ids, using):
    TOLD.append((using, list(memory_ids)))


def refuses(memory_ids, using):
    raise RuntimeError("the queue is down")


def noting(texts):
    THREADS.append((threading.current_thread().name, connection.in_atomic_block))
    return model.embed(texts)


def down(texts):
    raise ConnectionError("no route to the provider")


@pytest.fixture
def hook(meaning):
    TOLD.clear()
    meaning.AISTORE = meaning.AISTORE | {"EMBEDDING_HOOK": f"{__name__}.told"}


@pytest.fixture
def in_background(committed, meaning):
    """As it is by default; in the end the thread is gone."""
    THREADS.clear()
    meaning.AISTORE = {"EMBEDDER": f"{__name__}.noting"}
    yield meaning
    assert background.worker.join(PATIENCE)


def in_a_transaction(write, capture):
    TOLD.clear()
    with capture(execute=True):
        written = write()
        assert TOLD == []
    return written


@pytest.fixture
def committing(hook, django_capture_on_commit_callbacks):
    return lambda write: in_a_transaction(write, django_capture_on_commit_callbacks)


def test_every_way_to_write(committing, owner):
    """The hook gets the ids of what was written."""
    memory = committing(lambda: Memory.objects.remember(owner, "likes tea"))
    assert [("default", [memory.pk])] == TOLD
    one = Memory.objects.filter(pk=memory.pk)
    for write in (
        lambda: Memory.objects.remember(owner, "Likes tea", tags=["drinks"]),
        lambda: one.update(content="likes coffee"),
        lambda: one.get().save(),
        lambda: one.get().save(update_fields=["question"]),
        lambda: Memory.objects.bulk_update([memory], ["content"]),
    ):
        committing(write)
        assert [("default", [memory.pk])] == TOLD
    [made] = committing(lambda: Memory.objects.bulk_create([Memory(owner=owner, content="likes rain")]))
    assert [("default", [made.pk])] == TOLD


def test_what_changes_no_text(committing, owner):
    memory = committing(lambda: Memory.objects.remember(owner, "likes tea"))
    one = Memory.objects.filter(pk=memory.pk)
    for write in (
        lambda: Memory.objects.remember(owner, "Likes tea"),
        lambda: one.update(importance=9),
        lambda: one.get().save(update_fields=["importance"]),
        lambda: one.get().delete(),
    ):
        committing(write)
        assert TOLD == []


def test_once_for_a_transaction(committing, owner):
    memories = committing(lambda: [Memory.objects.remember(owner, f"fact {number}") for number in range(20)])
    assert [("default", [memory.pk for memory in memories])] == TOLD


def test_rolled_back(committing, owner):
    def write():
        with transaction.atomic():
            Memory.objects.remember(owner, "likes tea")
            transaction.set_rollback(True)

    committing(write)
    assert TOLD == []


@pytest.mark.parametrize("changes", [{"EMBEDDER": None}, {"EMBEDDING_HOOK": None}])
def test_switched_off(committing, owner, meaning, changes):
    meaning.AISTORE = meaning.AISTORE | changes
    committing(lambda: Memory.objects.remember(owner, "likes tea"))
    assert TOLD == []


@pytest.mark.parametrize("path", [f"{__name__}.refuses", "no.such.module"])
def test_a_hook_that_fails(committed, owner, meaning, path, caplog):
    """The memory is written; the log says what happened."""
    meaning.AISTORE = meaning.AISTORE | {"EMBEDDING_HOOK": path}
    assert Memory.objects.remember(owner, "likes tea").pk
    with transaction.atomic():
        Memory.objects.remember(owner, "likes coffee")
    assert Memory.objects.count() == 2
    assert "Error calling the hook of embeddings" in caplog.text


def test_in_a_thread_of_its_own(in_background, owner, stored):
    """Not in the writer's, and in no transaction."""
    with transaction.atomic():
        memories = [Memory.objects.remember(owner, f"fact {number}") for number in range(100)]
        assert THREADS == []
    assert background.worker.join(PATIENCE)
    assert set(THREADS) == {("aistore-embedding", False)}
    assert stored("memory_id") == [(memory.pk,) for memory in memories]


def test_again_after_the_thread_has_ended(in_background, owner, stored):
    for number in range(3):
        Memory.objects.remember(owner, f"fact {number}")
        assert background.worker.join(PATIENCE)
    assert len(stored()) == 3


def test_an_embedder_that_is_down(in_background, owner, stored, caplog):
    """A write never fails for it; aistore_embed makes up for it."""
    in_background.AISTORE = {"EMBEDDER": f"{__name__}.down", "EMBEDDER_MODEL": "words"}
    Memory.objects.remember(owner, "likes tea")
    assert background.worker.join(PATIENCE)
    assert "1 memories are not embedded, aistore_embed will do it" in caplog.text
    in_background.AISTORE = {"EMBEDDER": f"{__name__}.noting", "EMBEDDER_MODEL": "words"}
    assert embedding.fill("default").embedded == 1


def test_a_queue_that_is_full(monkeypatch, meaning, caplog):
    """What does not fit is left to aistore_embed: a writer is not made to wait."""
    monkeypatch.setattr(background, "MOST", 3)
    worker = background.Worker()
    monkeypatch.setattr(worker, "_embed", lambda *batch: None)
    worker.take("default", list(range(5)))
    assert worker.join(PATIENCE)
    assert "2 memories are not embedded: 3 wait already" in caplog.text


def test_a_fork_takes_nothing_along():
    """In the child nobody waits for a thread that is not there."""
    worker = background.Worker()
    worker._waiting = {("default", 1): None}
    worker._changed.acquire()
    worker.__init__()
    assert not worker._waiting
    assert worker._changed.acquire(blocking=False)
