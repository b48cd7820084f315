"""Everything of one owner deleted, a few rows at a time: no lock and no answer lasts longer than a batch."""

import time
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ..models import Conversation, Memory, Upload

BATCH = 50  # rows; a conversation may take 10,000 messages with it
SECONDS = 20  # of one answer; web servers give up at 30
ERASED: list[Any] = [Upload, Memory, Conversation]  # what would go with a conversation is counted first


@dataclass(frozen=True)
class Erased:
    """How many rows of each model went, by its name in the plural, and whether nothing is left."""

    rows: dict[str, int]
    is_done: bool


def rows_of(owner_id: Any) -> list[QuerySet[Any]]:
    """All of them, superseded memories too."""
    return [model._default_manager.filter(owner=owner_id) for model in ERASED]


def erase_all(owner_id: Any, *, seconds: float = SECONDS) -> Erased:
    """Each batch is a transaction of its own: what is gone stays gone when a later one fails. Asked again, it goes
    on where it was."""
    deadline = time.monotonic() + seconds
    gone: dict[str, int] = {}
    for rows in rows_of(owner_id):
        name = str(rows.model._meta.verbose_name_plural)
        while ids := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
            if time.monotonic() > deadline:
                return Erased(gone, is_done=False)
            rows.filter(pk__in=ids).delete()
            gone[name] = gone.get(name, 0) + len(ids)
    return Erased(gone, is_done=True)
