"""What must not stay: streams that nobody writes any more, files that no upload has any more."""

from dataclasses import dataclass

from django.db import router

from .files import storage
from .models import Message, Upload
from .models.streaming import dead, fail_dead
from .models.unmatched import files_without_upload

SHOWN = 100  # names; the rest is only counted


@dataclass(frozen=True)
class Purged:
    dead_streams: int
    files: int = 0  # without an upload
    file_names: tuple[str, ...] = ()  # the first SHOWN


def purge(*, dry_run: bool = False) -> Purged:
    """Streams without a sign of life become failed and keep their text. Files go that have had no row for hours:
    the database deletes uploads with their owner or conversation, and asks nobody for the files."""
    messages = Message.objects.using(router.db_for_write(Message))
    streams = dead(messages).count() if dry_run else fail_dead(messages)
    count, names = _purge_files(dry_run=dry_run)
    return Purged(dead_streams=streams, files=count, file_names=tuple(names))


def _purge_files(*, dry_run: bool) -> tuple[int, list[str]]:
    count = 0
    shown: list[str] = []
    for name in files_without_upload(Upload.objects.using(router.db_for_write(Upload))):
        if not dry_run and not storage.delete(name):
            continue
        count += 1
        if len(shown) < SHOWN:
            shown.append(name)
    return count, shown
