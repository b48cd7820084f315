"""How rows without an external id, memories and uploads, are known again: by a mark in their metadata."""

from typing import Any

from django.db import router
from django.db.models import Model

from .content import SOURCE


def mark(external_id: str) -> dict[str, Any]:
    return {"source": SOURCE, "external_id": external_id}


def marked(model: type[Model], owner: Any) -> dict[str, Any]:
    """The ids of his rows that are there already, edited or not, by external id."""
    rows = model._default_manager.using(router.db_for_write(model))
    found = rows.filter(owner=owner, metadata__source=SOURCE).values_list("metadata", "pk")
    return {metadata.get("external_id"): pk for metadata, pk in found}
