"""Start the servers of one folder. The caller holds `start.lock` and has seen that no supervisor lives."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from project.services import binaries, cluster, leftovers
from project.services.errors import ServicesError
from project.services.identity import Identity
from project.services.places import Places

# What differs from PostgreSQL's defaults; on the command line, so that a change reaches old clusters.
POSTGRES_SETTINGS = {
    "port": "5432",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "pg_stat_statements",
    "cluster_name": "aistore",
}

# A test run's data must survive the death of a process, not of the machine: commits still reach the kernel.
EPHEMERAL_SETTINGS = {"fsync": "off", "full_page_writes": "off"}

VALKEY_OPTIONS = {
    "--port": "0",
    "--unixsocketperm": "700",
    "--save": "",
    "--maxmemory": "128mb",
    "--maxmemory-policy": "allkeys-lru",
    "--databases": "64",  # one for each worker of pytest-xdist
}

# Not imported: it runs by itself, and could not be imported on Windows.
SUPERVISOR = Path(__file__).with_name("supervisor.py")

LOG_BYTES = 1_000_000  # a longer log is put aside when its server starts


def launch(places: Places, wanted: set[str]) -> None:
    """Start a supervisor with the `wanted` servers; return when they answer, ServicesError if they do not."""
    leftovers.end(places)
    identity = Identity.choose()
    try:
        identity.prepare(places)
        servers = [PLANS[name](places, identity) for name in sorted(wanted)]
        for name in ["supervisor", *wanted]:
            put_aside(places.log(name))
    except OSError as error:
        raise ServicesError(f"The embedded servers cannot use {places.folder}: {error}.") from error
    start_supervisor(
        places,
        folder=str(places.folder),
        folders=[str(path) for path in places.all_folders],
        is_ephemeral=places.is_ephemeral,
        uid=identity.uid,
        servers=servers,
    )


def start_supervisor(places: Places, **plan: Any) -> None:
    # The folder is there to be seen in the list of processes.
    command = [sys.executable, "-I", "-S", str(SUPERVISOR), str(places.folder)]
    started = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True)
    if started.returncode:
        # The last line: above it may stand the traceback of a supervisor that failed itself.
        words = started.stderr.strip().splitlines() or [f"its status was {started.returncode}"]
        raise ServicesError(f"The embedded servers did not start: {words[-1]}")


def postgres_plan(places: Places, identity: Identity) -> dict[str, Any]:
    postgres = binaries.postgres(made_by=cluster.majors(places))
    programs = identity.reachable(postgres.folder, places)
    data = places.home / f"pg{postgres.major}"
    if not data.exists():
        cluster.create(data, programs, postgres.major, identity, is_synced=not places.is_ephemeral)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": str(places.home_of_sockets)}
    if places.is_ephemeral:
        settings |= EPHEMERAL_SETTINGS
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return {
        "name": "postgres",
        "version": postgres.version,
        "argv": [*identity.prefix, str(programs / "postgres"), "-D", str(data), *options],
        "log": str(places.log("postgres")),
        "ready": str(data / "postmaster.pid"),
    }


def valkey_plan(places: Places, identity: Identity) -> dict[str, Any]:
    valkey = binaries.valkey()
    program = identity.reachable(valkey.program, places)
    socket = str(places.home_of_sockets / places.valkey_socket.name)
    options = VALKEY_OPTIONS | {"--unixsocket": socket, "--dir": str(places.home)}
    return {
        "name": "valkey",
        "version": valkey.version,
        "argv": [*identity.prefix, str(program), *(word for option in options.items() for word in option)],
        "log": str(places.log("valkey")),
        "ready": socket,
    }


PLANS = {"postgres": postgres_plan, "valkey": valkey_plan}


def put_aside(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            os.replace(log, log.with_suffix(".log.old"))
