"""What Django's cursor runs is counted by shape, and no way leads from there back to a value."""

import logging

import pytest
from django.db import DatabaseError, connection, transaction

from aistore.performance import query_statistics, slow_queries
from aistore.performance.flushing import flusher

SECRET = "marker-7f3a"
pytestmark = pytest.mark.django_db


def figures(beginning):
    return next(one for one in query_statistics().each if one.name.startswith(beginning))


def run(sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def test_counts_by_shape():
    """Statements that differ in their values are one line, with rows and times."""
    for number in range(3):
        run("SELECT 'counted', generate_series(1, %s)", [number + 1])
    found = figures("SELECT ?, generate_series")
    assert (found.count, found.rows, found.errors, found.slow) == (3, 6, 0, 0)
    assert 0 < found.p50 <= found.p99 <= found.max <= found.total


def test_counts_errors():
    """A statement that fails is counted and fails as before."""
    with pytest.raises(DatabaseError), transaction.atomic():
        run("SELECT 1 / (0 * %s)", [7])
    found = figures("SELECT ? / (? * ?)")
    assert (found.count, found.errors, found.error_rate) == (1, 1, 1.0)
