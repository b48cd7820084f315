"""What all our lists share: who may see them, what may be asked, that nobody writes in them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aistore.models import AuditEntry

from .page import Page

LISTS = ["conversation", "memory", "upload", "auditentry"]
every_list = pytest.mark.parametrize("name", LISTS)


def path(name):
    return f"/admin/aistore/{name}/"


@every_list
def test_anonymous_is_sent_to_the_door(client, db, name):
    """Who is not logged in sees a login form."""
    assert client.get(path(name)).url.startswith("/admin/login/")


@every_list
def test_staff_without_rights(staff, name):
    """To be staff is not enough."""
    assert staff().get(path(name)).status_code == 403


@every_list
def test_each_list_has_its_own_right(staff, name):
    """The right to see one list opens that list and no other."""
    client = staff(f"view_{name}")
    assert [other for other in LISTS if client.get(path(other)).status_code == 200] == [name]


@every_list
def test_nobody_adds_a_row_by_hand(admin_client, name):
    """Not even a superuser."""
    assert admin_client.get(f"{path(name)}add/").status_code == 403
    assert f"{path(name)}add/" not in admin_client.get(path(name)).content.decode()


@pytest.mark.parametrize("name", ["memory", "upload", "auditentry"])
def test_rows_are_not_edited(admin_client, name, rows):
    """A row of these is shown without a form, and a form sent by hand is refused."""
    address = f"{path(name)}{rows[name].pk}/change/"
    assert 'name="_save"' not in admin_client.get(address).content.decode()
    assert admin_client.post(address, {"content": "x"}).status_code == 403


def test_messages_have_no_pages_of_their_own(admin_client):
    """They are read in their conversation, and written by nobody here."""
    assert admin_client.get("/admin/aistore/message/").status_code == 404


def test_audit_entries_stay(admin_client, rows):
    """What was done stays on record, whoever asks."""
    assert (
        admin_client.post(f"{path('auditentry')}{rows['auditentry'].pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    assert AuditEntry.objects.filter(pk=rows["auditentry"].pk).exists()


@pytest.mark.parametrize(
    "lookup", ["title__regex", "owner__password__startswith", "metadata__a", "head__content"]
)
def test_only_the_lookups_of_the_filters(admin_client, lookup):
    """No regular expression, no password hash, no JSON path of a stranger reaches the database."""
    assert admin_client.get(path("conversation"), {lookup: "("}).status_code == 400


@every_list
@pytest.mark.parametrize(
    "words",
    [
        "\x00",
        "a\x00b",
        "%",
        "_",
        "\\",
        "'",
        '"',
        '"unbalanced',
        "x" * 10_000,
        "a " * 5_000,
        "🎉",
        "\u202e",
        "%ED%A0%80",
    ],
)
def test_any_search_is_answered(admin_client, rows, name, words):
    """No input of the search box is an error of the server."""
    assert admin_client.get(path(name), {"q": words}).status_code == 200


def test_a_surrogate_in_the_address(admin_client, rows):
    """Bytes that are no UTF-8 are searched for, found nowhere, and break nothing."""
    assert admin_client.get("/admin/aistore/conversation/?q=%ED%A0%80&owner=%FF").status_code in (200, 302)


def test_a_long_search_says_that_it_was_cut(read, rows):
    """What was left out is told."""
    assert "first 200 characters" in read(path("conversation"), data={"q": "a" * 201}).text
    assert "first 200 characters" not in read(path("conversation"), data={"q": "a" * 200}).text


def test_a_long_search_stays_cheap(admin_client, rows):
    """Five thousand words are not five thousand conditions on each row."""
    with CaptureQueriesContext(connection) as captured:
        admin_client.get(path("conversation"), {"q": "a " * 5_000})
    assert max(query["sql"].count("LIKE") for query in captured.captured_queries) <= 100


@every_list
def test_the_price_of_a_list(admin_client, rows, name, django_assert_max_num_queries):
    """A handful of queries: the session, the person, the page, what the filters offer."""
    with django_assert_max_num_queries(5):
        assert Page(admin_client.get(path(name))).status == 200
