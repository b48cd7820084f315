"""The look-up of an import, which must not become slower with the number of conversations."""

import pytest
from django.db import connection

from aistore.interop import storing


@pytest.mark.django_db
def test_look_up_goes_by_the_unique_index():
    """With all three columns, owner included; the planner takes it as soon as the table is large."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_hashjoin = off")
        cursor.execute("SET LOCAL enable_mergejoin = off")
        cursor.execute(f"EXPLAIN {storing.FIND}", [["a"], ["b"], 1, [], 1])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using conversation_external_id_once on aistore_conversation c" in plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line and "source" in line]
    assert all(column in condition for column in ("owner_id = 1", "source = ", "external_id = "))
