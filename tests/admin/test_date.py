"""Rows from one day to another."""

from datetime import timedelta

import pytest
from django.utils import timezone

from .conftest import NOON

LIST = "/admin/aistore/conversation/"


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"since": "2026-11-24"}, [0]),
        ({"until": "2026-11-22"}, [2, 3]),
        ({"since": "2026-11-22", "until": "2026-11-23"}, [1, 2]),
        ({"since": "2026-11-25"}, []),
    ],
)
def test_both_days_are_in(many, read, query, days):
    """From the first minute of the one to the last of the other."""
    for day in range(4):
        many(1, title=f"before {day}", last_message_at=NOON - timedelta(days=day))
    text = read(LIST, data=query).text
    assert [day for day in range(4) if f"before {day}" in text] == days


def test_a_day_begins_where_the_reader_is(many, read):
    """Noon in Greenwich is tomorrow in Kiritimati."""
    many(1, title="late")
    with timezone.override("Pacific/Kiritimati"):
        assert "late" in read(LIST, data={"since": "2026-11-25"}).text


@pytest.mark.parametrize("day", ["x", "2026-13-01", "0001-01-01", "9999-12-31", "\x00", "2026-11-24T12:00"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_day_that_is_none(many, admin_client, name, day):
    """An address that somebody invented leads to a list, never to an error."""
    many(1)
    assert admin_client.get(LIST, {name: day}, follow=True).status_code == 200


@pytest.mark.parametrize("name", ["memory", "upload", "auditentry"])
def test_in_every_list(rows, read, name):
    """By the time that the list is ordered by."""
    path = f"/admin/aistore/{name}/"
    assert "Nothing here." in read(path, data={"until": "2020-01-01"}).text
    assert "Nothing here." not in read(path, data={"since": "2020-01-01"}).text
