"""Whose rows are asked for, and whether the index hears of it."""

import pytest
from django.db import connection

from aistore.models import Conversation, Memory, Message

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


@pytest.mark.parametrize("table", ["aistore_message", "aistore_memory"])
def test_owner_and_words_in_one_index(many, owner, table):
    """The trap: a literal of another type than the column is not looked up in the index, but filtered after it."""
    model = {"aistore_message": Message, "aistore_memory": Memory}[table]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        found = nodes(plan(model.objects.owned_by(owner).search("17 ")))
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
    [condition] = [node["Index Cond"] for node in found if "words @@" in node.get("Index Cond", "")]
    assert "owner_id = " in condition


@pytest.mark.parametrize("kind", ["bigint", "uuid"])
def test_keys_of_other_types(kind, owner, many):
    """The same where the host's users have other keys."""
    value = f"{owner.pk}" if kind == "bigint" else f"lpad('{owner.pk}', 32, '0')::uuid"
    with connection.cursor() as cursor:
        cast = "owner_id::bigint" if kind == "bigint" else "lpad(owner_id::text, 32, '0')::uuid"
        cursor.execute(f"CREATE TABLE likewise AS SELECT {cast} AS owner_id, words FROM aistore_message")
        cursor.execute("CREATE INDEX likewise_words ON likewise USING gin (owner_id, words)")
        cursor.execute("ANALYZE likewise")
        sql = "EXPLAIN SELECT FROM likewise WHERE owner_id = ({})::{} AND words @@ aistore_query('{{+17}}')"
        cursor.execute(sql.format(value, kind))
        shown = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DROP TABLE likewise")
    assert "Index Cond: ((owner_id = " in shown


def test_few_buffers(many, owner):
    """A rare word is found without looking at the rows of everybody."""
    top = plan(Message.objects.owned_by(owner).search("1717 "), "ANALYZE, BUFFERS")
    assert top["Actual Rows"] == 1
    assert top["Shared Hit Blocks"] + top["Shared Read Blocks"] < 1000
