"""Files that no upload has, as a cascade in the database or a killed process leaves them."""

import uuid
from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from aistore.files import storage


def name_given(*, hours_ago, owner_id=7):
    """As it was given then: a UUIDv7 begins with its time."""
    milliseconds = int((timezone.now() - timedelta(hours=hours_ago)).timestamp() * 1000)
    random = uuid.uuid4().int & (1 << 74) - 1
    id = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1
    return storage.path_of(owner_id, uuid.UUID(int=id))


def lay_down(*, hours_ago, owner_id=7, name=None):
    return storage.named().save(
        name or name_given(hours_ago=hours_ago, owner_id=owner_id), ContentFile(b"Hue")
    )


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
