"""What runs: for people and, as JSON, for programs."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from project.services.lifetime import record
from project.services.places import Places


@dataclass(frozen=True)
class Server:
    name: str
    version: str
    pid: int
    connect: str
    """The command that opens a shell on it."""


@dataclass(frozen=True)
class Status:
    servers: list[Server]
    """The running ones; none: nothing runs."""
    started_at: datetime | None
    is_kept: bool
    """Whether they run until `services stop`, or only while somebody uses them."""
    folder: Path
    size_bytes: int
    """Of the folder: data, uploads and logs."""


def status() -> Status:
    places = Places.here()
    facts = record(places)
    shells = {
        "postgres": f"psql -h {places.sockets} -U postgres aistore",
        "valkey": f"valkey-cli -s {places.valkey_socket}",
    }
    return Status(
        servers=[
            Server(name=name, connect=shells[name], **fact) for name, fact in facts.get("servers", {}).items()
        ],
        started_at=datetime.fromtimestamp(facts["started_at"], UTC) if facts else None,
        is_kept=places.keep.exists(),
        folder=places.folder,
        size_bytes=size_of(places.folder),
    )


def size_of(folder: Path) -> int:
    sizes = 0
    for parent, _, files in os.walk(folder.resolve()):
        for name in files:
            try:
                sizes += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                # PostgreSQL has recycled it meanwhile.
                continue
    return sizes
