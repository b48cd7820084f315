"""What PostgreSQL means to do, and did."""

import json

from django.db import connection


def plan(queryset, options=""):
    """The top node of EXPLAIN; with ``options`` like "ANALYZE, BUFFERS" what it really did."""
    sql, parameters = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON{', ' + options if options else ''}) {sql}", parameters)
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def nodes(top):
    """All nodes of a plan."""
    found = [top]
    for below in top.get("Plans", ()):
        found += nodes(below)
    return found


def analyze():
    """The planner knows what is there now."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_conversation, aistore_message")
