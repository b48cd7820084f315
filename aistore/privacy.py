"""What must not stay: for now, streams that nobody writes any more."""

from dataclasses import dataclass

from django.db import router

from .models import Message
from .models.streaming import dead, fail_dead


@dataclass(frozen=True)
class Purged:
    dead_streams: int


def purge(*, dry_run: bool = False) -> Purged:
    """Streams without a sign of life become failed and keep their text."""
    messages = Message.objects.using(router.db_for_write(Message))
    return Purged(dead_streams=dead(messages).count() if dry_run else fail_dead(messages))
