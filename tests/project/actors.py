"""Processes that use servers of their own, and what they leave behind."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from project.services import leftovers
from project.services.places import CHECKOUT, Places

PATIENCE = 20  # seconds that nothing should ever need


def environment(folder: Path, **changes: str) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL")}
    return given | {"AISTORE_SERVICES_DIR": str(folder), "PYTHONPATH": str(CHECKOUT)} | changes


NEED = """
from project import services
{before}
services.ensure(linger={linger})
print("ready", flush=True)
input()
"""


class User:
    """A process that needs the servers of a folder, from the start of the `with` until it leaves or is killed."""

    def __init__(self, folder: Path, before: str = "", linger: float = 0, **changes: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NEED.format(before=before, linger=linger)],
            env=environment(folder, **changes),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "User":
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()

    def leave(self) -> None:
        self.process.communicate("go\n", timeout=PATIENCE)


def supervisor_of(folder: Path) -> int:
    return json.loads((folder / "supervisor.lock").read_text())["pid"]


def servers_of(folder: Path) -> list[int]:
    places = Places(folder)
    return sorted(leftovers.servers_in({places.servers, places.servers.resolve()}))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], object]) -> bool:
    """Poll: what is waited for happens in processes that are not our children."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def sql(folder: Path, statement: str) -> object:
    """The first value of the result."""
    host = str(Places(folder).sockets)
    with psycopg.connect(
        host=host, user="postgres", dbname="aistore", port=5432, autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def write_note(folder: Path) -> int:
    """Commit something to remember; the folder's cluster may have seen other tests."""
    note = secrets.randbelow(2**31)
    sql(folder, f"DROP TABLE IF EXISTS note; CREATE TABLE note AS SELECT {note} AS number")
    return note


def read_note(folder: Path) -> object:
    return sql(folder, "SELECT number FROM note")


def manage(*arguments: str, folder: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "manage.py"), *arguments],
        env=environment(folder, **changes),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
