"""A vector on its way while its memory goes, or changes."""

import pytest

from aistore import embedding
from aistore.embedding import filling, table
from aistore.models import Memory
from tests.embedding import model
from tests.embedding.conftest import stored  # noqa: F401


@pytest.fixture
def memory(an, settings):
    """Not embedded yet. There is another one, by which the model is known."""
    model.loaded()
    table.forget_ready()
    settings.AISTORE = {"EMBEDDER": model.PATH, "EMBEDDING_HOOK": None}
    filling._recognised.clear()
    an.does(remember, "likes rain")
    embedding.fill("default")
    return an.does(remember, "likes tea")


def remember(conversation, content):
    return Memory.objects.remember(conversation.owner_id, content)


def embed(conversation, memory):
    return embedding.embed([memory.pk], "default")


def delete(conversation, memory):
    return Memory.objects.filter(pk=memory.pk).delete()


def edit(conversation, memory):
    return Memory.objects.filter(pk=memory.pk).update(content="likes coffee")


def test_deleted_while_its_vector_is_stored(an, binh, memory, stored):  # noqa: F811
    """The deletion waits, and takes the vector along."""
    with an.transaction():
        assert an.does(embed, memory) == 1
        deleted = binh.begins(delete, memory)
        deleted.waits()
    deleted.ends()
    assert len(stored()) == 1


def test_its_vector_comes_while_it_is_deleted(an, binh, memory, stored):  # noqa: F811
    """The vector waits, and is not stored: none is left without its memory."""
    with an.transaction():
        an.does(delete, memory)
        embedded = binh.begins(embed, memory)
        embedded.waits()
    assert embedded.ends() == 0
    assert len(stored()) == 1


def test_edited_while_its_vector_is_stored(an, binh, memory):
    """Nobody waits; the vector is seen to be of an older text."""
    with an.transaction():
        assert an.does(embed, memory) == 1
        assert binh.does(edit, memory) == 1
    assert embedding.state("default").missing == 1
    assert embedding.fill("default").embedded == 1
