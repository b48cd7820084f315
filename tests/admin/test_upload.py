"""Uploads: the list and the page."""

import pytest

from aistore.models import Upload

from .conftest import address

LIST = "/admin/aistore/upload/"


def test_the_list(read, rows):
    """Name, owner, type, size for people, status."""
    Upload.objects.update(content_type="image/png", status="failed")
    assert "map.png an image/png 2.0 KB failed Trip to Hue just now" in read(LIST).text


@pytest.mark.parametrize("status", ["pending", "processed", "failed"])
def test_filter_by_status(read, rows, status):
    """Those in one state."""
    shown = "map.png" in read(LIST, data={"status": status}).text
    assert shown == (status == "pending")


def test_search(read, rows):
    """Part of the name."""
    assert "map.png" in read(LIST, data={"q": "AP.P"}).text
    assert "Nothing here." in read(LIST, data={"q": "pdf"}).text


def test_the_page(read, rows):
    """What was extracted, or why not, and where it belongs."""
    Upload.objects.update(text="Perfume River", error="no text layer", sha256="a" * 64)
    page = read(address(rows["upload"]))
    for words in ("Perfume River", "no text layer", "a" * 64, "x/map"):
        assert words in page.text
    assert page.href("Trip to Hue") == address(rows["conversation"], "?at=1#message-1")


def test_no_line_for_what_is_not_there(read, rows):
    """An upload without an error says nothing of errors."""
    assert "Error:" not in read(address(rows["upload"])).text
    Upload.objects.update(error="no text layer")
    assert "Error: no text layer" in read(address(rows["upload"])).text


def test_no_file_is_served(read, rows):
    """A name in the storage is shown, and no link to it: files of strangers are not opened from here."""
    links = read(address(rows["upload"])).attributes("href") + read(LIST).attributes("href")
    assert not [href for href in links if "x/map" in href or "media" in href]


def test_the_price(admin_client, owner, django_assert_num_queries):
    """As many queries for fifty as for one."""
    for number in range(60):
        Upload.objects.create(owner=owner, name=f"file {number}", file="x")
    with django_assert_num_queries(3):
        admin_client.get(LIST)
