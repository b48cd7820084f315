"""The uploads of the demo: files in the storage of the host."""

import datetime as dt
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile

from ..models import Conversation, Upload
from . import content
from .provenance import mark, marked

PROCESSING = dt.timedelta(seconds=4)
JUST_NOW = dt.timedelta(minutes=5)


def store_uploads(owner: Any, conversations: dict[str, Conversation], now: dt.datetime) -> int:
    """How many were new. Where the transaction fails afterwards, their files stay behind without a row."""
    known = marked(Upload, owner)
    new = [entry for entry in content.uploads() if f"demo-{entry['file']}" not in known]
    for entry in new:
        upload(owner, entry, conversations.get(entry.get("conversation", "")), now).save(force_insert=True)
    return len(new)


def upload(owner: Any, entry: dict[str, Any], conversation: Conversation | None, now: dt.datetime) -> Upload:
    data = content.upload(entry["file"])
    created_at = conversation.created_at if conversation else now - JUST_NOW
    row = Upload(
        owner=owner,
        conversation=conversation,
        name=entry["name"],
        content_type=entry["content_type"],
        size=len(data),
        sha256=sha256(data).hexdigest(),
        status=entry["status"],
        text=entry.get("text", ""),
        error=entry.get("error", ""),
        metadata=mark(f"demo-{entry['file']}"),
        created_at=created_at,
        processed_at=None if entry["status"] == "pending" else created_at + PROCESSING,
    )
    row.file.save(entry["file"], ContentFile(data), save=False)
    return row
