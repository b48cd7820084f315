"""Files as a transcript names them: with a picture only of those that are ours and of a harmless kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .display import line, size
from .preview import KINDS, MOST_BYTES


@dataclass(frozen=True)
class File:
    """An upload; ``has_preview``: somebody said that it is a picture. The preview looks at the bytes."""

    pk: str
    name: str
    content_type: str
    size: str
    has_preview: bool


def files_of(rows: Iterable[dict[str, Any]]) -> dict[str, File]:
    """By id, in their order."""
    return {row["id"]: _file(row) for row in rows}


def _file(row: dict[str, Any]) -> File:
    claimed = row["content_type"].partition(";")[0].strip().lower()
    return File(
        row["id"],
        line(row["name"]) or row["id"],
        line(row["content_type"], 60),
        size(row["size"]),
        claimed in KINDS and row["size"] <= MOST_BYTES,
    )
