"""The state of a conversation changes with every write, from wherever it comes: here, bare SQL."""

import pytest
from django.db import connection

from aistore.models import Conversation


@pytest.fixture
def rows(owner):
    """Two conversations; the first has two roots, so that one of them can be taken away."""
    rows = [Conversation.objects.create(owner=owner) for _ in range(2)]
    rows[0].extend([{"role": "user", "content": "one"}])
    rows[0].append("user", "two", parent=None)
    rows[1].append("user", "other")
    return rows


def states():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, version, nonce, edits FROM aistore_conversation")
        return {id: state for id, *state in cursor.fetchall()}


ONE = "WHERE content = 'one'"


@pytest.mark.parametrize(
    ("sql", "changed", "edits"),
    [
        ("UPDATE aistore_conversation SET title = 'x' WHERE id = %(first)s", {"first"}, 0),
        (f"UPDATE aistore_message SET content = 'x' {ONE}", {"first"}, 1),
        ("UPDATE aistore_message SET content = 'x'", {"first", "second"}, 1),
        (
            f"UPDATE aistore_message SET conversation_id = %(second)s, sequence_number = 9 {ONE}",
            {"first", "second"},
            1,
        ),
        (f"DELETE FROM aistore_message {ONE}", {"first"}, 1),
        ("UPDATE aistore_message SET content = 'x' WHERE content = 'nowhere'", set(), 0),
    ],
)
def test_bare_sql(rows, sql, changed, edits):
    """A new version, a new nonce, and one edit more where rows behind it are not only new ones."""
    ids = dict(zip(("first", "second"), (row.pk for row in rows), strict=True))
    before = states()
    with connection.cursor() as cursor:
        cursor.execute(sql, ids)
    after = states()
    assert {name for name, id in ids.items() if before[id] != after[id]} == changed
    for name in changed:
        (version, nonce, count), (new_version, new_nonce, new_count) = before[ids[name]], after[ids[name]]
        assert new_version > version
        assert new_nonce != nonce
        assert new_count == count + edits
