"""The table of vectors: there where pgvector is, made later where that came later, and never in the way."""

import uuid

import pytest
from django.core.management import call_command
from django.db import connection, connections

from aistore import embedding
from aistore.embedding import table
from aistore.exceptions import NoVectors
from aistore.models import Memory
from tests.scratch import on_server, scratch_database


@pytest.fixture
def without(meaning):
    """As where the extension was refused."""
    with connection.cursor() as cursor:
        cursor.execute(table.DROP)
    table.forget_ready()


@pytest.fixture
def ordinary(django_db_blocker):
    """A database whose owner may not make extensions that are not trusted."""
    role = f"ordinary_{uuid.uuid4().hex}"
    with django_db_blocker.unblock():
        on_server(f"CREATE ROLE {role} LOGIN")
        with scratch_database() as alias:
            on_server(f"ALTER DATABASE {connections.settings[alias]['NAME']} OWNER TO {role}")
            connections.settings[alias] |= {"USER": role}
            yield alias
        on_server(f"DROP ROLE {role}")


def sql(statement, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_made_later(without, owner):
    """The extension came after the migration: aistore_embed makes the table."""
    assert not table.is_ready("default")
    Memory.objects.remember(owner, "likes tea")
    assert embedding.fill("default").embedded == 1
    assert table.is_ready("default")


def test_what_is_missing_is_said(without):
    (remark,) = embedding.remarks("default")
    assert remark == (
        "EMBEDDER is set, but relevant() finds by words only: CREATE EXTENSION vector was refused: run it as a"
        " superuser, then run aistore_embed."
    )


def test_writing_needs_no_table(without, owner):
    memory = Memory.objects.remember(owner, "likes tea")
    assert embedding.embed([memory.pk]) == 0
    memory.delete()


def test_an_old_pgvector(meaning):
    sql("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
    assert "pgvector is 0.7.4, and 0.8 is needed" in table.why_not("default")
    with pytest.raises(NoVectors, match=r"in the database default: pgvector is 0\.7\.4"):
        embedding.fill("default")


def test_asked_once(meaning, django_assert_num_queries):
    table.forget_ready()
    with django_assert_num_queries(1):
        assert table.is_ready("default")
        assert table.is_ready("default")


def test_an_index_for_each_model(meaning, owner):
    Memory.objects.remember(owner, "likes tea")
    assert embedding.fill("default").is_indexed
    name = table.index_name(meaning.AISTORE["EMBEDDER"], 256)
    ((definition,),) = sql(f"SELECT indexdef FROM pg_indexes WHERE indexname = '{name}'")
    assert "USING hnsw" in definition
    assert "dimension = 256" in definition


def test_too_many_dimensions_for_an_index(meaning):
    assert table.create_index("default", "large", 4001) is False


def test_truncated_with_the_memories(meaning, owner):
    """As Django's flush does it, which knows nothing of the table."""
    Memory.objects.remember(owner, "likes tea")
    embedding.fill("default")
    sql("TRUNCATE aistore_memory")
    assert sql("SELECT count(*) FROM aistore_memoryembedding") == [(0,)]


def test_who_may_not_make_the_extension_migrates(ordinary):
    """There and back, without vectors."""
    call_command("migrate", database=ordinary, verbosity=0)
    assert not table.is_ready(ordinary)
    assert "was refused" in table.why_not(ordinary)
    call_command("migrate", "aistore", "zero", database=ordinary, verbosity=0)
