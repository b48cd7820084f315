import pytest
from django.db import connection

from aistore.embedding import embedder, filling, table
from tests.models.conftest import committed, conversation, db, other_owner, owner, rows_of_test  # noqa: F401

from . import model


@pytest.fixture
def meaning(settings, db):  # noqa: F811
    """A real model is the embedder, in a database with pgvector."""
    model.loaded()
    table.forget_ready()
    if why_not := table.why_not("default"):
        pytest.skip(f"NOT TESTED: vectors. {why_not}")
    settings.AISTORE = {"EMBEDDER": model.PATH, "EMBEDDING_HOOK": None}
    filling._recognised.clear()
    embedder._remembered.clear()
    yield settings
    table.forget_ready()


@pytest.fixture
def stored():
    """Rows of the table of vectors."""

    def rows(columns="memory_id, model, dimension", **where):
        condition = " AND ".join(f"{name} = %s" for name in where) or "true"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM aistore_memoryembedding WHERE {condition} ORDER BY memory_id, model",
                list(where.values()),
            )
            return cursor.fetchall()

    return rows
