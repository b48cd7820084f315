"""Processes of the faults, and PostgreSQL as something that can be killed."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.project.actors import environment, servers_of


def start(module, *arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.faults.{module}", *map(str, arguments)],
        env=environment(folder, DJANGO_SETTINGS_MODULE="project.settings"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process, *lines):
    process.stdin.write("".join(f"{line}\n" for line in lines))
    process.stdin.flush()


def postgres_of(folder):
    """The pids of the server and of all that serves a connection."""
    return [pid for pid in servers_of(folder) if name_of(pid) == "postgres"]


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:  # it has just ended
        return ""


def crash(folder):
    """As a power cut does it: nothing is asked, nothing is written down."""
    for pid in postgres_of(folder):
        with contextlib.suppress(
            ProcessLookupError
        ):  # those that serve connections end by themselves as well
            os.kill(pid, signal.SIGKILL)
