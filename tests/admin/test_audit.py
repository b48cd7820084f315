"""Audit entries: the list, to look at."""

from django.contrib.auth import get_user_model

from aistore.models import AuditEntry

from .conftest import address

LIST = "/admin/aistore/auditentry/"


def test_the_list(read, owner, conversation):
    """When, who, what, which, whose; a conversation can be opened."""
    AuditEntry.objects.create(
        actor=owner, action="read", kind="conversation", object_id=conversation.pk, owner=owner
    )
    page = read(LIST)
    assert f"just now an read conversation {conversation.pk} an" in page.text
    assert page.href(str(conversation.pk)) == address(conversation)


def test_people_who_are_gone(read, db):
    """An entry outlives the accounts it names."""
    AuditEntry.objects.create(
        actor_id=4711, action="erase", kind="conversation", object_id="x", owner_id=4712
    )
    text = read(LIST).text
    assert "deleted user 4711" in text
    assert "deleted user 4712" in text


def test_a_command_has_no_name(read, db):
    """Where nobody was logged in, a command did it."""
    AuditEntry.objects.create(action="restore", kind="backup", object_id="backup_1")
    assert "a command restore backup backup_1" in read(LIST).text


def test_newest_first_in_pages(read, db):
    """By keyset like the other lists."""
    AuditEntry.objects.bulk_create(AuditEntry(action=f"act {n}", kind="x") for n in range(60))
    page = read(LIST)
    assert "act 59" in page.text
    assert "act 9 " in read(LIST + page.href("Older")).text


def test_the_page_of_an_entry(read, rows):
    """It can be looked at, with the people who are gone."""
    get_user_model().objects.all().exclude(is_superuser=True).delete()
    assert "read" in read(address(rows["auditentry"])).text
