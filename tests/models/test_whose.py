"""Whose rows are asked for, and whether the index hears of it."""

import pytest
from django.db import connection

from aistore.models import Conversation, Memory, Message, whose

from .plans import nodes, plan


@pytest.fixture
def many(owner, other_owner):
    """Enough rows for the planner to prefer an index."""
    for person in (owner, other_owner):
        conversation = Conversation.objects.create(owner=person)
        conversation.extend({"role": "user", "content": f"common word {number}"} for number in range(2000))
        Memory.objects.bulk_create(Memory(owner=person, content=f"common word {n}") for n in range(2000))
    with connection.cursor() as cursor:
        for table in ("aistore_message", "aistore_memory"):
            cursor.execute("SELECT gin_clean_pending_list(%s)", [f"{table}_words"])
            cursor.execute(f"ANALYZE {table}")


def conditions(rows):
    """What is looked up in the index of words."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        found = nodes(plan(rows))
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
    return [node["Index Cond"] for node in found if "words @@" in node.get("Index Cond", "")]


@pytest.mark.parametrize("model", [Message, Memory])
def test_owner_and_words_in_one_index(many, owner, model):
    [condition] = conditions(model.objects.owned_by(owner).search("17 "))
    assert "owner_id = " in condition


def test_bigint_keys(many, owner, monkeypatch):
    """The trap: a literal that is not of the column's own type is not looked up in the index, but filtered after it."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER memory_chain_changed ON aistore_memory")  # taken back with the test
        cursor.execute("ALTER TABLE aistore_memory ALTER owner_id TYPE bigint")
        cursor.execute("SELECT gin_clean_pending_list('aistore_memory_words')")
        cursor.execute("ANALYZE aistore_memory")
    for kind, is_used in (("bigint", True), ("integer", False)):
        monkeypatch.setattr(whose, "owner_type", lambda using, kind=kind: kind)
        found = conditions(Memory.objects.owned_by(owner).search("17 "))
        assert ("owner_id = " in "".join(found)) == is_used


def test_uuid_keys(many):
    """The functions and the index take them as well."""
    with connection.cursor() as cursor:
        key = "lpad(owner_id::text, 32, '0')::uuid"
        cursor.execute(f"CREATE TABLE likewise AS SELECT {key} AS owner_id, words FROM aistore_message")
        cursor.execute("CREATE INDEX likewise_words ON likewise USING gin (owner_id, words)")
        cursor.execute("ANALYZE likewise")
        cursor.execute(
            "EXPLAIN SELECT FROM likewise WHERE owner_id = lpad('1', 32, '0')::uuid"
            " AND words @@ aistore_query('{+17}')"
        )
        shown = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DROP TABLE likewise")
    assert "Index Cond: ((owner_id = " in shown


def test_few_buffers(many, owner):
    """A rare word is found without looking at the rows of everybody."""
    top = plan(Message.objects.owned_by(owner).search("1717 "), "ANALYZE, BUFFERS")
    assert top["Actual Rows"] == 1
    assert top["Shared Hit Blocks"] + top["Shared Read Blocks"] < 1000
