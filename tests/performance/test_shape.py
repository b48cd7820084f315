"""Shapes: one for all statements that differ in their values, and nothing of a value in it."""

import pytest
from psycopg import sql

from aistore.performance.shape import LONGEST, shape_of

SECRET = "marker-7f3a"


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT '{SECRET}'",
        f"SELECT 'it''s {SECRET}'",
        f"SELECT E'it\\'s {SECRET}'",
        f"SELECT U&'{SECRET}', N'{SECRET}'",
        f"SELECT $${SECRET}$$",
        f"SELECT $tag$ $$ {SECRET} $tag$",
        f"SELECT 1 -- {SECRET}\n, 2",
        f"SELECT 1 /* a /* b */ {SECRET} */, 2",
        f"SELECT '{SECRET}",
        f"SELECT /* {SECRET}",
        f"SELECT $x$ {SECRET}",
        f"SELECT E'\\\\', '{SECRET}'",
        f"SELECT '{'x' * LONGEST} {SECRET}'",
        f"SELECT '{SECRET}'".encode(),
        sql.SQL("SELECT {}").format(SECRET),
    ],
    ids=lambda statement: str(statement)[:40],
)
def test_no_value_stays(statement):
    """However PostgreSQL lets a value be written, or a comment, or the end of either be forgotten."""
    assert SECRET not in shape_of(statement)


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        ("SELECT * FROM t1 WHERE a = %s AND b = %(b)s", "SELECT * FROM t1 WHERE a = ? AND b = ?"),
        ("SELECT a FROM t LIMIT 21 OFFSET 1.5e-3", "SELECT a FROM t LIMIT ? OFFSET ?"),
        ("SELECT a\n  FROM t", "SELECT a FROM t"),
        ("WHERE a IN (%s, %s,%s)", "WHERE a IN (…)"),
        ("WHERE a IN (%s)", "WHERE a IN (…)"),
        ("WHERE a IN (%s::uuid)", "WHERE a IN (…)"),
        ("WHERE a IN (1, 2)", "WHERE a IN (…)"),
        ("VALUES (%s, %s::jsonb), (%s, %s::jsonb)", "VALUES (?, …)"),
        ("VALUES (%s, DEFAULT), (%s, DEFAULT)", "VALUES (?, DEFAULT)"),
        ("WHERE id = $1 AND x = ANY(%s::uuid[])", "WHERE id = ? AND x = ANY(?::uuid[])"),
        ('SELECT "T3"."it\'s 5" FROM "T3"', 'SELECT "T3"."it\'s 5" FROM "T3"'),
        ('SAVEPOINT "s139_x1"', "SAVEPOINT …"),
        ('RELEASE SAVEPOINT "s139_x1"', "RELEASE SAVEPOINT …"),
        ("SELECT a.b1, 0xff, 1_000, .5", "SELECT a.b1, ?, …"),
    ],
)
def test_shape(statement, shape):
    """Values become question marks, lists and rows of them one; names stay."""
    assert shape_of(statement) == shape


def test_a_long_statement_is_not_read_to_its_end():
    """The shape says that something is missing."""
    shape = shape_of(f"SELECT {'a, ' * 1_000_000} b")
    assert len(shape) <= LONGEST + 2
    assert shape.endswith(" …")


@pytest.mark.parametrize(
    "statement", ["SELECT '\ud800'", "\ud800", "SELECT \x00", "", "'", "/*", "$$", "%", '"']
)
def test_any_statement_has_a_shape(statement):
    """Also one that PostgreSQL will refuse; and it can be written as UTF-8."""
    shape_of(statement).encode()
