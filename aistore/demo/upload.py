"""The uploads of the demo: files in the storage of the host."""

import datetime as dt
from typing import Any

from django.db import router

from ..models import Conversation, Upload
from . import content
from .provenance import mark, marked

PROCESSING = dt.timedelta(seconds=4)
JUST_NOW = dt.timedelta(minutes=5)


def store_uploads(owner: Any, conversations: dict[str, Conversation], now: dt.datetime) -> int:
    """How many were new. Where the transaction fails afterwards, their files stay behind for aistore_purge."""
    known = marked(Upload, owner)
    new = [entry for entry in content.uploads() if f"demo-{entry['file']}" not in known]
    for entry in new:
        store(owner, entry, conversations.get(entry.get("conversation", "")), now)
    return len(new)


def store(owner: Any, entry: dict[str, Any], conversation: Conversation | None, now: dt.datetime) -> None:
    """The owner may have sent the same file himself: then it stays as it is."""
    rows, metadata = Upload.objects.using(router.db_for_write(Upload)), mark(f"demo-{entry['file']}")
    upload = rows.store(
        owner,
        content.upload(entry["file"]),
        name=entry["name"],
        conversation=conversation,
        metadata=metadata,
    )
    sent_at = conversation.created_at if conversation else now - JUST_NOW
    is_done = entry["status"] != "pending"
    rows.filter(pk=upload.pk, metadata=metadata).update(
        status=entry["status"],
        text=entry.get("text", ""),
        created_at=sent_at,
        processed_at=sent_at + PROCESSING if is_done else None,
    )
