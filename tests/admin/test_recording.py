"""What the admin puts on record."""

import pytest

from aistore.models import AuditEntry

from .conftest import address


@pytest.mark.parametrize("name", ["conversation", "memory", "upload"])
def test_an_opened_page(admin_client, admin_user, rows, name):
    """Who read what of whom."""
    admin_client.get(address(rows[name]))
    entry = AuditEntry.objects.exclude(pk=rows["auditentry"].pk).get()
    assert (entry.action, entry.kind, entry.object_id) == ("read", name, str(rows[name].pk))
    assert (entry.actor_id, entry.owner_id) == (admin_user.pk, rows[name].owner_id)


@pytest.mark.parametrize("name", ["conversation", "memory", "upload"])
def test_who_may_not_read_has_not_read(staff, rows, name):
    """A page without a word on it is no reading."""
    staff(f"view_{name}").get(address(rows[name]))
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("name", ["conversation", "memory", "upload"])
@pytest.mark.parametrize("many", [False, True])
def test_what_was_erased(admin_client, rows, name, many):
    """From its page, and from the list."""
    row = rows[name]
    if many:
        data = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        admin_client.post(f"/admin/aistore/{name}/", data)
    else:
        admin_client.post(address(row).replace("change", "delete"), {"post": "yes"})
    entry = AuditEntry.objects.get(action="erase")
    assert (entry.kind, entry.object_id, entry.owner_id) == (name, str(row.pk), row.owner_id)


def test_looking_at_the_record_adds_nothing(admin_client, rows):
    """Or it would grow by being read."""
    admin_client.get(address(rows["auditentry"]))
    assert AuditEntry.objects.count() == 1
