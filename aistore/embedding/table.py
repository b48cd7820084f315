"""The table of vectors, which is there where pgvector is.

Note [A table that Django does not know]. Where the extension cannot be had, the table cannot be either, so it is no
model. Then it must have no foreign key: Django's flush, at the end of every TransactionTestCase of the host, truncates
the tables that it knows, and PostgreSQL refuses that where an unknown one refers to them. Triggers take the vectors
along instead, and who stores a vector locks its memory first, so none is left without one.
"""

import hashlib
import time

import psycopg
from django.db import connections

from ..exceptions import NoVectors

OLDEST = (0, 8)  # of pgvector: halfvec came with 0.7, scans that go on until enough is found with 0.8
MOST_INDEXED = 4000  # dimensions, of a halfvec in an index
ASK_AGAIN = 60.0  # seconds after which a table that was missing is looked for once more

# Half floats: half the size, and the order of neighbours is the same but for ties. Stored in the row and not beside
# it, where all vectors of an owner are compared. Safe to run again.
CREATE = """
DO $create$
DECLARE was_there boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'vector');
BEGIN
    IF to_regclass('aistore_memoryembedding') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE TABLE aistore_memoryembedding (
        memory_id uuid NOT NULL,
        model text NOT NULL,
        dimension integer NOT NULL,
        content_hash uuid NOT NULL,
        embedding halfvec STORAGE MAIN,
        CONSTRAINT memoryembedding_pkey PRIMARY KEY (memory_id, model),
        CONSTRAINT memoryembedding_dimension CHECK (vector_dims(embedding) = dimension)
    );
    IF NOT was_there THEN
        COMMENT ON EXTENSION vector IS 'made by aistore';
    END IF;
    CREATE FUNCTION aistore_forget_embeddings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM aistore_memoryembedding WHERE memory_id IN (SELECT id FROM deleted);
        RETURN NULL;
    END $$;
    CREATE TRIGGER memory_delete_forgets_embeddings AFTER DELETE ON aistore_memory
        REFERENCING OLD TABLE AS deleted
        FOR EACH STATEMENT EXECUTE FUNCTION aistore_forget_embeddings();
    CREATE FUNCTION aistore_forget_all_embeddings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        TRUNCATE aistore_memoryembedding;
        RETURN NULL;
    END $$;
    CREATE TRIGGER memory_truncate_forgets_embeddings AFTER TRUNCATE ON aistore_memory
        FOR EACH STATEMENT EXECUTE FUNCTION aistore_forget_all_embeddings();
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
        RAISE NOTICE 'aistore: no vectors here: %', SQLERRM;
END $create$;
"""

DROP = """
DO $drop$
BEGIN
    IF to_regclass('aistore_memoryembedding') IS NULL THEN
        RETURN;
    END IF;
    DROP TABLE aistore_memoryembedding;
    IF EXISTS (SELECT FROM pg_extension
               WHERE extname = 'vector' AND obj_description(oid, 'pg_extension') = 'made by aistore') THEN
        BEGIN
            DROP EXTENSION vector;
        EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
            RAISE NOTICE 'aistore: the extension vector stays: %', SQLERRM;
        END;
    END IF;
    DROP TRIGGER memory_truncate_forgets_embeddings ON aistore_memory;
    DROP TRIGGER memory_delete_forgets_embeddings ON aistore_memory;
    DROP FUNCTION aistore_forget_all_embeddings();
    DROP FUNCTION aistore_forget_embeddings();
END $drop$;
"""

FOUND = """
SELECT to_regclass('aistore_memoryembedding') IS NOT NULL,
       (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')"""

# For each model an index of its own: another dimension does not fit into it. The query repeats both expressions.
INDEX = """
CREATE INDEX {concurrently} IF NOT EXISTS {name} ON aistore_memoryembedding
USING hnsw ((embedding::halfvec({dimension})) halfvec_cosine_ops)
WHERE model = {model} AND dimension = {dimension}"""
BROKEN = """
SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)"""
OTHER_INDEXES = """
SELECT indexname FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = 'aistore_memoryembedding'
  AND indexname LIKE 'memoryembedding_%%' AND indexname NOT IN ('memoryembedding_pkey', %s)"""

_ready: dict[tuple[str, str], tuple[bool, float]] = {}


def is_ready(using: str) -> bool:
    """Whether there are vectors in this database. Asked once by each process; again after a while if not."""
    key = (using, str(connections[using].settings_dict["NAME"]))
    ready, asked_at = _ready.get(key, (False, 0.0))
    if not ready and (not asked_at or time.monotonic() - asked_at > ASK_AGAIN):
        ready = why_not(using) == ""
        _ready[key] = ready, time.monotonic()
    return ready


def forget_ready() -> None:
    _ready.clear()


def why_not(using: str) -> str:
    """What is missing and what to do; nothing if all is there."""
    with connections[using].cursor() as cursor:
        cursor.execute(FOUND)
        is_there, version, is_available = cursor.fetchone()
    if version and tuple(map(int, version.split(".")[:2])) < OLDEST:
        return (
            f"pgvector is {version}, and 0.8 is needed: ALTER EXTENSION vector UPDATE, after a newer package."
        )
    if is_there:
        return ""
    if version or is_available:
        return "CREATE EXTENSION vector was refused: run it as a superuser, then run aistore_embed."
    return "the server has no pgvector: install its package, then run aistore_embed."


def create(using: str) -> None:
    """The table, if there is none. Raises NoVectors where it cannot be made."""
    with connections[using].cursor() as cursor:
        cursor.execute(CREATE)
    forget_ready()
    if why := why_not(using):
        raise NoVectors(database=using, why=why)


def create_index(using: str, model: str, dimension: int) -> bool:
    """Whether there is an index of this model's vectors now. Readers and writers go on meanwhile, but in a
    transaction, where PostgreSQL can only lock them out."""
    if dimension > MOST_INDEXED:
        return False
    connection, name = connections[using], index_name(model, dimension)
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    with connection.cursor() as cursor:
        cursor.execute(BROKEN, [name])
        if cursor.fetchone()[0]:  # what an interrupted run leaves behind
            cursor.execute(f"DROP INDEX {concurrently} {name}")
        quoted = psycopg.sql.quote(model, connection.connection)
        cursor.execute(INDEX.format(concurrently=concurrently, name=name, dimension=dimension, model=quoted))
    return True


def remove_others(using: str, model: str, dimension: int) -> int:
    """Vectors of other models, and their indexes. Returns how many vectors went."""
    connection = connections[using]
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM aistore_memoryembedding WHERE model <> %s", [model])
        removed = int(cursor.rowcount)
        cursor.execute(OTHER_INDEXES, [index_name(model, dimension)])
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {concurrently} {connection.ops.quote_name(name)}")
    return removed


def index_name(model: str, dimension: int) -> str:
    return f"memoryembedding_{hashlib.sha256(f'{model} {dimension}'.encode()).hexdigest()[:16]}"
