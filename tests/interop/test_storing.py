"""The look-up of an import, which must not become slower with the number of conversations."""

from django.db import connection

from aistore.interop import storing
from tests.interop.files import several
from tests.interop.imports import imported


def test_look_up_goes_by_the_unique_index(owner):
    """With all three columns, the owner included."""
    imported(owner, *several(1_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_conversation")
        cursor.execute(
            "SET LOCAL enable_bitmapscan = off"
        )  # the same index, after many tests that were rolled back
        cursor.execute(f"EXPLAIN {storing.FIND}", [["a"], ["b"], owner.pk, [], owner.pk])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using conversation_external_id_once on aistore_conversation c" in plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line and "source" in line]
    assert all(column in condition for column in ("owner_id = ", "source = ", "external_id = "))
