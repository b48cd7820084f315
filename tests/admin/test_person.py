"""The page of an owner, and the same on the page of a user."""

import pytest
from django.contrib.auth import get_user_model

from aistore.admin import erasing
from aistore.models import AuditEntry, Conversation, Memory, Upload

from .conftest import address
from .page import Page

LIST = "/admin/aistore/conversation/"


def of(owner, end=""):
    return f"{LIST}owner/{owner.pk}/{end}"


def test_the_page(read, rows, owner):
    """His conversations, memories and uploads, each a click away, and where all of them are."""
    page = read(of(owner))
    assert "Conversations 1 Trip to Hue" in page.text
    assert page.href("Trip to Hue") == address(rows["conversation"])
    assert page.href("Lives in Hue") == address(rows["memory"])
    assert page.href("map.png") == address(rows["upload"])
    assert f"{LIST}?owner={owner.pk}" in page.attributes("href")
    assert page.href("The account") == f"/admin/auth/user/{owner.pk}/change/"


def test_from_everywhere_an_owner_is_shown(read, rows, owner):
    """Lists, the page of a conversation, audit entries: his name leads here."""
    AuditEntry.objects.create(action="read", kind="conversation", object_id="x", owner=owner)
    for path in (LIST, "/admin/aistore/memory/", "/admin/aistore/upload/", "/admin/aistore/auditentry/"):
        assert of(owner) in read(path).attributes("href"), path
    for name in ("conversation", "memory", "upload"):
        assert of(owner) in read(address(rows[name])).attributes("href"), name


def test_on_the_page_of_a_user(read, rows, owner):
    """The mixin shows the same below the form; a user who is just being added has nothing yet."""
    page = read(f"/admin/auth/user/{owner.pk}/change/")
    assert page.href("Trip to Hue") == address(rows["conversation"])
    assert read("/admin/auth/user/add/").status == 200


def test_the_mixin_asks_for_the_right_to_list(staff, rows, owner):
    """Who may see users only sees the user."""
    page = Page(staff("view_user").get(f"/admin/auth/user/{owner.pk}/change/"))
    assert page.status == 200
    assert "Trip to Hue" not in page.html


def test_an_account_that_is_gone(read, owner, monkeypatch):
    """What is stored of it is still found, where no foreign key took it along."""
    monkeypatch.setattr(get_user_model()._default_manager, "filter", lambda **_: Conversation.objects.none())
    Conversation.objects.create(owner=owner, title="left")
    assert "left" in read(of(owner)).text


@pytest.mark.parametrize("key", ["0", "x", "%00", "9" * 30, "-1", "<script>"])
def test_an_owner_that_is_none(admin_client, db, key):
    """Is not found, and no error."""
    assert admin_client.get(f"{LIST}owner/{key}/").status_code == 404


def test_the_price(admin_client, many, owner, django_assert_num_queries):
    """Session, person, owner; three counts, three lists, usage: for any number of rows."""
    many(60)
    with django_assert_num_queries(10):
        admin_client.get(of(owner))


def test_counts_end_somewhere(read, many, owner, monkeypatch):
    """Nobody waits for a count of a hundred thousand."""
    monkeypatch.setattr("aistore.admin.summary.COUNTED", 3)
    many(5)
    assert "more than 3" in read(of(owner)).text


def test_export(admin_client, many, owner):
    """All of his, by a form that is sent and not by a link that is followed; on record."""
    many(3)
    assert admin_client.get(of(owner, "export/")).status_code == 405
    assert len(admin_client.post(of(owner, "export/")).getvalue().splitlines()) == 3
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.kind, entry.object_id) == ("export", "owner", str(owner.pk))
    assert entry.owner_id == owner.pk


def test_erase(admin_client, rows, owner):
    """Asked first, with what will go; done, told and put on record."""
    asked = Page(admin_client.get(of(owner, "erase/")))
    assert "Uploads: 1 Memories: 1 Conversations: 1" in asked.text
    assert Conversation.objects.exists()
    done = Page(admin_client.post(of(owner, "erase/"), follow=True))
    assert "Deleted: uploads: 1, memories: 1, conversations: 1" in done.text
    assert not [model for model in (Conversation, Memory, Upload) if model.objects.exists()]
    assert AuditEntry.objects.filter(action="erase", kind="owner", owner_id=owner.pk).count() == 1


def test_erase_what_does_not_fit_into_an_answer(admin_client, many, owner, monkeypatch):
    """Says so and asks again, instead of running into the time limit of the web server."""
    many(3)
    monkeypatch.setattr(erasing.erase_all, "__kwdefaults__", {"seconds": -1})
    page = Page(admin_client.post(of(owner, "erase/"), follow=True))
    assert "Not everything fitted into one answer" in page.text
    assert "Conversations: 3" in page.text
