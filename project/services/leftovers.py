"""What a supervisor leaves behind when it is killed: servers without a master, a pid file that lies."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from project.services.places import Places

PATIENCE = 5.0  # seconds until a server that was asked to stop is killed


def end(places: Places) -> None:
    """End the servers that still run in this folder. Only call it when no supervisor lives."""
    if places.is_copy:
        return
    # The kernel names the folder without links.
    folders = {places.servers, places.servers.resolve()}
    for number in (signal.SIGINT, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE
        found = servers_in(folders)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while found and time.monotonic() < deadline:
            time.sleep(0.02)
            found = servers_in(folders)
        if not found:
            break
    # PostgreSQL refuses to start while the pid in here belongs to a process, be it somebody else's by now.
    for pid_file in places.servers.glob("pg*/postmaster.pid"):
        pid_file.unlink(missing_ok=True)


def servers_in(folders: set[Path]) -> list[int]:
    """The pids of the PostgreSQL and Valkey processes that work in one of these folders."""
    if os.path.isdir("/proc/self"):
        return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if works_in(pid, folders)]
    listing = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True).stdout
    rows = [line.split(maxsplit=1) for line in listing.splitlines()]
    return [
        int(row[0])
        for row in rows
        if ("postgres" in row[1] or "valkey" in row[1]) and any(str(folder) in row[1] for folder in folders)
    ]


def works_in(pid: int, folders: set[Path]) -> bool:
    # Both servers and all backends stay in their folder. The name tells them from a shell that is there, too.
    try:
        if Path(f"/proc/{pid}/comm").read_text().strip() not in ("postgres", "valkey-server", "redis-server"):
            return False
        place = Path(os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)"))
    except OSError:
        return False
    return place in folders or place.parent in folders
