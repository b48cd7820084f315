"""Memories: the list and the page."""

import pytest

from aistore.models import Memory

from .conftest import address

LIST = "/admin/aistore/memory/"


def test_the_list(read, rows):
    """Content, owner, tags, importance, conversation, time."""
    Memory.objects.update(tags=["home"], importance=8)
    assert "Lives in Hue an home 8 of 10 in importance Trip to Hue just now" in read(LIST).text


def test_superseded_ones_are_marked(read, rows, owner):
    """An older truth is told apart from the present one."""
    new = Memory.objects.create(owner=owner, content="Lives in Hanoi")
    Memory.objects.filter(pk=rows["memory"].pk).update(superseded_by=new)
    page = read(LIST)
    assert "Lives in Hue superseded" in page.text
    assert page.html.count("aistore-superseded") == 1
    assert page.text.count("Lives in Hanoi superseded") == 0


@pytest.mark.parametrize(("state", "shown"), [("current", "Hanoi"), ("superseded", "Hue")])
def test_filter_by_state(read, rows, owner, state, shown):
    """Those that hold, or those that held."""
    new = Memory.objects.create(owner=owner, content="Lives in Hanoi")
    Memory.objects.filter(pk=rows["memory"].pk).update(superseded_by=new)
    text = read(LIST, data={"state": state}).text
    assert [city for city in ("Hanoi", "Hue") if f"Lives in {city}" in text] == [shown]


def test_search(read, rows):
    """Words of the content."""
    assert "Lives in Hue" in read(LIST, data={"q": "hue LIVES"}).text
    assert "Nothing here." in read(LIST, data={"q": "Hanoi"}).text


def test_the_page(read, rows, owner):
    """All of it, and where it was said."""
    new = Memory.objects.create(owner=owner, content="Lives in Hanoi")
    Memory.objects.filter(pk=rows["memory"].pk).update(superseded_by=new, question="Where does she live?")
    page = read(address(rows["memory"]))
    assert "Where does she live?" in page.text
    assert page.href("Lives in Hanoi") == address(new)
    assert page.href("Trip to Hue") == address(rows["conversation"], "?at=1#message-1")


def test_the_price(admin_client, owner, django_assert_num_queries):
    """As many queries for fifty as for one."""
    for number in range(60):
        Memory.objects.create(owner=owner, content=f"fact {number}")
    with django_assert_num_queries(4):
        admin_client.get(LIST)
