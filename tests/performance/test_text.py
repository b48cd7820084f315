import pytest

from aistore.performance.reporting import report
from aistore.performance.text import WIDTH, text

from .reports import SHAPE, full

pytestmark = pytest.mark.django_db(transaction=True)


def parts(printed):
    """The lines of each part, by its title."""
    found, title = {}, ""
    for line in printed.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            title = line.rstrip(":")
        found.setdefault(title, []).append(line.strip())
    return found


def test_the_block():
    """Status and time, pool, statements, warnings with what to do, slow ones; between two rules."""
    printed = text(full())
    found = parts(printed)
    assert printed.splitlines()[0] == printed.splitlines()[-1] == "=" * WIDTH
    assert "Status: UNHEALTHY" in found[""]
    assert {"Pool Size: 12 of 20", "Checked In: 3", "Checked Out: 9 (45.0%)"} <= set(found["CONNECTION POOL"])
    assert {"Total Queries: 1,234 (0.3 a second)", "Slow Queries: 2", "Total Time: 45.67s"} <= set(
        found["QUERY STATISTICS"]
    )
    assert "[alert] slow queries: 12.0 a minute (more than 10.0 a minute)" in found["WARNINGS"]
    assert any(line.startswith("Read the recent slow queries") for line in found["WARNINGS"])
    assert {SHAPE, "chats/views.py:42, GET chats/<uuid:pk>/"} <= set(found["RECENT SLOW QUERIES"])


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("TOP STATEMENTS", "1. 45.67s in 1,234 calls, p95 11.0 ms, 3 errors"),
        ("REQUESTS", "GET chats/<uuid:pk>/: 1,234, p95 11.0 ms, failed 3"),
        ("TIMERS", "fetch_users: 1,234, p50 2.0 ms, p95 11.0 ms"),
        ("CACHE", "get           88.6%  500 kept, 300 hit, 100 missed, 3 failed"),
        ("UNUSED INDEXES", "message_old  5.0 MB, of aistore_message"),
        ("MISSING INDEXES", "aistore_upload has a foreign key without an index: twin"),
        ("STATEMENTS OF ALL CLIENTS (pg_stat_statements)", "3.30s in 99 calls, 990 rows, mean 33.0 ms"),
    ],
)
def test_its_parts(part, line):
    assert line in parts(text(full()))[part]


def test_a_part_without_lines_is_left_out():
    """And what could not be seen is listed with the reason."""
    found = parts(text(report()))
    assert "WARNINGS" not in found
    assert any(
        line.startswith("statements of all clients: pg_stat_statements is not") for line in found["NOT SEEN"]
    )
