"""What the admin puts on record: who read, exported or erased what. No content, and no way back."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from ..models import AuditEntry

READ, EXPORT, ERASE = "read", "export", "erase"
OWNER = "owner"  # the kind of an entry about all that somebody owns


def record(request: HttpRequest, action: str, rows: Iterable[Any]) -> None:
    """Before it is done: what cannot be put on record does not happen."""
    entries = [_entry(request, action, str(row._meta.model_name), row.pk, row.owner_id) for row in rows]
    if len(entries) == 1:  # a page that is read: without the transaction around it, two round trips less
        entries[0].save(force_insert=True)
        return
    AuditEntry.objects.bulk_create(entries)


def record_owner(request: HttpRequest, action: str, owner_id: Any) -> None:
    _entry(request, action, OWNER, owner_id, owner_id).save()


def _entry(request: HttpRequest, action: str, kind: str, object_id: Any, owner_id: Any) -> AuditEntry:
    return AuditEntry(
        actor_id=request.user.pk, action=action, kind=kind, object_id=str(object_id), owner_id=owner_id
    )
