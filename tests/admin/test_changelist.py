"""Pages by the last row seen: both ways, without a count, at the same price anywhere."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aistore.admin.conversation import ConversationAdmin
from aistore.models import Conversation

from .conftest import NOON
from .page import Page

LIST = "/admin/aistore/conversation/"


def titles(page):
    return re.findall(r"No \d+(?=</bdi>)", page.html)


def numbers(first, last):
    return [f"No {number}" for number in range(first, last)]


def test_older_pages_follow_each_other(many, read):
    """250 rows are five pages, nothing twice, nothing left out."""
    many(250)
    page, seen = read(LIST), []
    for _ in range(5):
        seen += titles(page)
        page = read(LIST + page.href("Older")) if "Older" in page.html else page
    assert seen == numbers(0, 250)
    assert "Older" not in page.html


def test_newer_pages_lead_back(many, read):
    """From the last page up to the first, over the same rows."""
    many(250)
    page = read(LIST)
    for _ in range(4):
        page = read(LIST + page.href("Older"))
    seen = titles(page)
    for _ in range(4):
        page = read(LIST + page.href("← Newer"))
        seen = titles(page) + seen
    assert seen == numbers(0, 250)
    assert "Newer" not in page.html


def test_the_top_is_a_whole_page(many, read):
    """Where fewer rows than a page are newer, the first page comes whole, and nothing newer is promised."""
    rows = many(60)
    place = f"{rows[10].last_message_at.isoformat()}_{rows[10].pk}"
    page = read(LIST, data={"before": place})
    assert titles(page) == numbers(0, 50)
    assert "Newer" not in page.html


def test_the_last_page(many, read):
    """One click to the oldest rows, and from there up as from anywhere."""
    many(250)
    last = read(LIST + read(LIST).href("Oldest"))
    assert titles(last) == numbers(200, 250)
    assert "Older" not in last.html
    assert titles(read(LIST + last.href("← Newer"))) == numbers(150, 200)
    assert titles(read(LIST + last.href("⇤ Newest"))) == numbers(0, 50)


def test_the_last_page_of_few(many, read):
    """Is the first one."""
    many(3)
    page = read(LIST, data={"before": "end"})
    assert titles(page) == numbers(0, 3)
    assert "Newer" not in page.html


def test_equal_times(many, read):
    """Rows of the same moment are told apart by their id."""
    many(120, last_message_at=NOON)
    first = read(LIST)
    second = read(LIST + first.href("Older"))
    third = read(LIST + second.href("Older"))
    assert sorted(titles(first) + titles(second) + titles(third)) == sorted(numbers(0, 120))


def test_a_row_that_moves_to_the_top_takes_nobody_along(many, read):
    """The last conversation of a page gets a message: the next page is still the next page."""
    rows = many(60)
    older = read(LIST).href("Older")
    Conversation.objects.filter(pk=rows[49].pk).update(last_message_at=NOON + timedelta(days=1))
    assert titles(read(LIST + older)) == numbers(50, 60)


def test_a_row_that_is_gone(many, read):
    """The page after a deleted conversation is still there."""
    rows = many(60)
    older = read(LIST).href("Older")
    Conversation.objects.filter(pk=rows[49].pk).delete()
    assert titles(read(LIST + older)) == numbers(50, 60)


def test_past_the_end(many, read):
    """An address past the last row says so and leads back."""
    rows = many(3)
    page = read(LIST, data={"after": f"{rows[2].last_message_at.isoformat()}_{rows[2].pk}"})
    assert titles(page) == []
    assert page.href("← Newer") == "?"


def test_filters_stay_while_paging(many, read):
    """Older rows of a filter are rows of that filter; another one begins at the top."""
    many(120, is_pinned=True)
    many(5, title="other")
    page = read(LIST, data={"pinned": "yes"})
    older = page.href("Older")
    assert "pinned=yes" in older
    second = read(LIST + older)
    assert titles(second) == numbers(50, 100)
    assert 'name="after"' not in second.html


def test_the_price_of_a_page(many, admin_client):
    """The same number of queries for any number of rows; none counts, none skips."""
    many(10)
    few = queries(admin_client, LIST)
    many(200)
    full = queries(admin_client, LIST)
    deep = queries(admin_client, LIST + Page(admin_client.get(LIST)).href("Older"))
    assert len(few) == len(full) == len(deep) <= 5
    for sql in few + full + deep:
        assert "COUNT(" not in sql
        assert "OFFSET" not in sql


def test_the_index_serves_the_page(many, admin_client):
    """A page in the middle is read from the index of the list, from its first row on, without a sort."""
    rows = many(2000)
    place = f"{rows[1000].last_message_at:%Y-%m-%dT%H:%M:%S}%2B00:00_{rows[1000].pk}"
    (page,) = [sql for sql in queries(admin_client, f"{LIST}?after={place}") if "LIMIT 51" in sql]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_conversation")
        cursor.execute(f"EXPLAIN {page}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using conversation_latest" in plan
    assert "Index Cond: (ROW(last_message_at, id) < ROW(" in plan
    assert "Sort Key: aistore_conversation" not in plan


@pytest.mark.parametrize(
    "place",
    [
        "x",
        "2026-11-24",
        "_",
        "2026-11-24T12:00:00_0199a3c6-0000-7000-8000-000000000000",  # no time zone
        "0001-01-01T00:00:00+14:00_0199a3c6-0000-7000-8000-000000000000",
        "9999-12-31T23:59:59-14:00_0199a3c6-0000-7000-8000-000000000000",
        "\x00",
        "x" * 10_000,
    ],
)
@pytest.mark.parametrize("direction", ["after", "before"])
def test_a_place_that_is_none(many, admin_client, direction, place):
    """An address that somebody invented leads to a list, never to an error."""
    many(3)
    assert admin_client.get(LIST, {direction: place}, follow=True).status_code == 200


def test_other_orders_are_not_offered(many, read, monkeypatch):
    """?o= is Django's way to sort by any column; here each order would need an index."""
    monkeypatch.setattr(ConversationAdmin, "list_display", ["title"])
    many(3)
    text = read(LIST, data={"o": "-1"}).text
    assert text.index("No 0") < text.index("No 1") < text.index("No 2")


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]
