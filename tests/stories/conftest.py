import pytest

from tests.models.conftest import committed, conversation, db, other, owner, quick_streams, rows_of_test  # noqa: F401

from .actors import Actor


@pytest.fixture
def an(committed, conversation):  # noqa: F811
    actor = Actor(conversation)
    yield actor
    actor.leaves()


@pytest.fixture
def binh(committed, conversation):  # noqa: F811
    actor = Actor(conversation)
    yield actor
    actor.leaves()
