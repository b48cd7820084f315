"""Something to look at: conversations in many languages, their owner, his memories and uploads."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from ..models import Conversation, Memory, Upload
from . import accounts
from .conversation import of, store_conversations, written_of
from .memory import store_memories
from .provenance import marked
from .upload import store_uploads

__all__ = ["Demo", "Rows", "load"]

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('aistore.demo'))"


@dataclass(frozen=True)
class Rows:
    """How many rows of the demo there are now, and how many of them are new."""

    total: int
    new: int


@dataclass(frozen=True)
class Demo:
    """``password`` is that of the owner if he has just been made: it is known nowhere else. None: he was there
    before, and was left as he is. ``refused`` has a line for each conversation that the host's settings refuse."""

    owner: str
    password: str | None
    conversations: Rows
    messages: Rows
    memories: Rows
    uploads: Rows
    refused: tuple[str, ...]


def load(*, owner_name: str = "admin", small: int = 2_000) -> Demo:
    """Store the demo for this user, a superuser made for it if there is none of the name, and share some of the
    ``small`` conversations out to three users who cannot sign in.

    All or nothing, in one transaction. Again: what is missing is added, nothing is made twice, nothing that is
    there is changed. Two seconds for the 2,000.
    """
    users, ours = router.db_for_write(get_user_model()), router.db_for_write(Conversation)
    with transaction.atomic(using=users), transaction.atomic(using=ours):
        with connections[ours].cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME)
        owner, password = accounts.superuser(owner_name)
        people = accounts.people(owner)
        before = totals(owner, people)
        now = timezone.now()
        refused = store_conversations(owner, people, small=small, now=now)
        conversations = written_of(owner)
        store_memories(owner, conversations, now)
        store_uploads(owner, conversations, now)
        after = totals(owner, people)
    rows = {name: Rows(total, total - before[name]) for name, total in after.items()}
    return Demo(owner=owner.get_username(), password=password, refused=tuple(refused), **rows)


def totals(owner: Any, people: list[Any]) -> dict[str, int]:
    stored = of([owner, *people]).aggregate(
        conversations=Count("pk"), messages=Sum("message_count", default=0)
    )
    return {**stored, "memories": len(marked(Memory, owner)), "uploads": len(marked(Upload, owner))}
