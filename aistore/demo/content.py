"""The files of the demo, wherever the package lies: in a checkout, in site-packages, in a zip."""

from importlib.resources import files
from typing import Any

import msgspec

SOURCE = "demo"  # of the conversations; memories and uploads carry it in their metadata

HERE = files(__package__)


def conversations() -> list[dict[str, Any]]:
    """As written, each a line of our JSONL with minutes since its start in place of times."""
    entries = HERE.joinpath("conversations").iterdir()
    written = sorted(
        (entry for entry in entries if entry.name.endswith(".json")), key=lambda entry: entry.name
    )
    return [msgspec.json.decode(entry.read_bytes()) for entry in written]


def memories() -> list[dict[str, Any]]:
    """``conversation`` is an external id; ``superseded_by`` an index of this list, which may point forward."""
    return msgspec.json.decode(HERE.joinpath("memories.json").read_bytes(), type=list[dict[str, Any]])


def uploads() -> list[dict[str, Any]]:
    """``file`` is what upload() takes."""
    return msgspec.json.decode(HERE.joinpath("uploads.json").read_bytes(), type=list[dict[str, Any]])


def upload(name: str) -> bytes:
    return HERE.joinpath("uploads", name).read_bytes()
