"""Audit entries: appended only, and longer-lived than whom they are about."""

import pytest
from django.contrib.auth import get_user_model
from django.db import ProgrammingError, transaction

from aistore.models import AuditEntry

from .edge_texts import every_text

pytestmark = pytest.mark.django_db


@every_text
def test_exact_text(text):
    entry = AuditEntry.objects.create(action=text, kind=text, object_id=text)
    entry.refresh_from_db()
    assert (entry.action, entry.kind, entry.object_id) == (text, text, text)


def test_a_command_has_no_actor():
    assert AuditEntry.objects.create(action="purge", kind="conversation").actor is None


def test_it_outlives_whom_it_is_about(owner):
    """The ids stay, and erasing an account is not stopped by them."""
    entry = AuditEntry.objects.create(action="read", kind="conversation", actor=owner, owner=owner)
    number = owner.pk
    get_user_model().objects.all().delete()
    entry.refresh_from_db()
    assert (entry.actor_id, entry.owner_id) == (number, number)


@pytest.mark.parametrize(
    "change", [lambda entry: entry.save(), lambda entry: entry.delete()], ids=["save", "delete"]
)
def test_it_stays_as_it_is(change):
    entry = AuditEntry.objects.create(action="read", kind="conversation")
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        change(entry)
    assert AuditEntry.objects.get() == entry


def test_str():
    assert str(AuditEntry(action="read", kind="a\x1bb", object_id="1")) == "read a␛b 1"
