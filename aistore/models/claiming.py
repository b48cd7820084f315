"""Who works on which upload. A claim is a lease: it ends by itself, so a worker that dies gives back what it had.

Tried and rejected: to hold the row's lock while working. It comes back the moment a worker dies, but needs a
transaction that stays open as long as a model takes to read a film, and a connection with it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ..conf import settings
from ..exceptions import ClaimLost

if TYPE_CHECKING:
    from .upload import Upload

# Times are compared by the clock of the database: those of two workers may differ.
FREE = Q(claim_ends_at__isnull=True) | Q(claim_ends_at__lte=Now())


def claim(rows: QuerySet[Any], limit: int, seconds: float | None) -> list[Upload]:
    all_rows = rows.model._base_manager.using(rows.db)
    free = all_rows.filter(FREE, pk__in=rows.values("pk"), status="pending")
    with transaction.atomic(using=rows.db):
        _give_up(all_rows, free)
        ids = _locked(free.filter(attempts__lt=settings.UPLOAD_ATTEMPTS), limit)
        claimed = all_rows.filter(pk__in=ids)
        claimed.update(claim_ends_at=_end(seconds), attempts=F("attempts") + 1)
        return list(claimed.order_by("created_at", "pk"))


def _give_up(all_rows: QuerySet[Any], free: QuerySet[Any]) -> None:
    """A file that kills whoever reads it is read so often and no more."""
    ids = _locked(free.filter(attempts__gte=settings.UPLOAD_ATTEMPTS))
    if ids:
        error = "Given up: each worker that took it ended, or let its claim end, without a result."
        all_rows.filter(pk__in=ids).update(
            status="failed", error=error, processed_at=Now(), claim_ends_at=None
        )


def _locked(rows: QuerySet[Any], limit: int | None = None) -> list[Any]:
    """What another worker is claiming in this moment is passed by, not waited for."""
    locked = rows.order_by("created_at", "pk").select_for_update(skip_locked=True, no_key=True)
    return list(locked.values_list("pk", flat=True)[:limit])


def finish(upload: Upload, **result: Any) -> None:
    _write(upload, **result, processed_at=timezone.now(), claim_ends_at=None)


def hold(upload: Upload, seconds: float | None) -> None:
    if upload.claim_ends_at is None:
        raise ClaimLost(upload=upload.pk, why="it was never claimed")
    _write(upload, claim_ends_at=_end(seconds))
    upload.refresh_from_db(fields=["claim_ends_at"])


def release(upload: Upload) -> None:
    if upload.claim_ends_at is None:
        raise ClaimLost(upload=upload.pk, why="it was never claimed")
    _write(upload, claim_ends_at=None, attempts=upload.attempts - 1)


def _write(upload: Upload, **values: Any) -> None:
    """If it is still pending and nobody else has claimed it. One whose claim has ended may write, if nobody has."""
    rows = type(upload)._base_manager.using(upload._state.db).filter(pk=upload.pk)
    ours = rows.filter(status="pending", claim_ends_at=upload.claim_ends_at)
    if not ours.update(**values):
        raise ClaimLost(upload=upload.pk, why=_why(rows.only("status").first()))
    for name, value in values.items():
        setattr(upload, name, value)


def _why(row: Upload | None) -> str:
    if row is None:
        return "it was deleted"
    return "another worker has claimed it" if row.status == "pending" else f"it is {row.status} already"


def _end(seconds: float | None) -> Any:
    return Now() + timedelta(seconds=settings.UPLOAD_CLAIM_SECONDS if seconds is None else seconds)
