import dataclasses
import re

import pytest

from aistore.performance.figures import SlowQuery
from aistore.performance.page import page
from aistore.performance.reporting import report

from .reports import SHAPE, full

pytestmark = pytest.mark.django_db(transaction=True)


def test_needs_nothing_else():
    """One file: no script, nothing to fetch."""
    document = page(full())
    assert "<script" not in document
    assert not re.search(r'(?:src|href|url\()\s*=?["\']?(?:https?:)?//', document)
    assert "@import" not in document


def test_shows_everything():
    """Status, four plots, pool, statements, cache, slow ones, tables, warnings."""
    document = page(full())
    assert document.count('class="aistore-lines"') == 4
    for words in (
        "UNHEALTHY",
        "9 of 20",
        "chats/views.py:42",
        "message_old",
        "fetch_users",
        "VACUUM (ANALYZE)",
    ):
        assert words in document, words


def test_the_numbers_of_a_plot_stand_beside_it():
    """For who cannot see it, or wants to copy them."""
    assert page(full()).count("<summary>As numbers</summary>") == 4


def test_names_from_strangers_are_text():
    """A quoted name of a table may be anything."""
    found = full()
    strange = '<script>alert(1)</script>" onload="x\x00\x1b[31m'
    slow = SlowQuery(found.at, 2.0, strange, strange, strange, strange)
    each = (dataclasses.replace(found.queries.each[0], name=strange),)
    found = dataclasses.replace(
        found,
        slow=(slow,),
        queries=dataclasses.replace(found.queries, each=each),
        requests=dataclasses.replace(found.requests, each=each),
    )
    document = page(found)
    assert "<script" not in document
    assert '" onload' not in document
    assert "\x00" not in document
    assert "\x1b" not in document


def test_of_a_system_at_rest():
    """Without plots, and still whole."""
    document = page(report())
    assert "HEALTHY" in document
    assert document.rstrip().endswith("</html>")


def test_shape_is_shown_once_for_each_table():
    assert SHAPE.replace('"', "&quot;") in page(full())
