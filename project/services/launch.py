"""Start the servers of one folder. The caller holds `start.lock` and has seen that no supervisor lives."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from project.services import binaries, leftovers, supervisor
from project.services.errors import ServicesError
from project.services.identity import Identity, can_enter, prepare
from project.services.places import Places

# What differs from PostgreSQL's defaults; on the command line, so that a change reaches old clusters.
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "pg_stat_statements",
    "cluster_name": "aistore",
}

# A test run's data must survive the death of a process, not of the machine: commits still reach the kernel.
EPHEMERAL_SETTINGS = {"fsync": "off", "full_page_writes": "off"}

# The lines of a log that are kept when a server starts again.
LOG_BYTES = 1_000_000


def launch(places: Places, wanted: set[str]) -> None:
    """Start a supervisor with the `wanted` servers; return when they answer, ServicesError if they do not."""
    leftovers.end(places)
    identity = Identity.choose()
    try:
        prepare(places, identity)
        servers = [PLANS[name](places, identity) for name in sorted(wanted)]
        for name in ["supervisor", *wanted]:
            shorten(places.log(name))
    except OSError as error:
        raise ServicesError(f"The embedded servers cannot use {places.folder}: {error}.") from error
    plan = {
        "folder": str(places.folder),
        "uid": identity.uid,
        "is_ephemeral": places.is_ephemeral,
        "to_delete": [str(places.sockets), str(places.servers.resolve()), str(places.folder)],
        "servers": servers,
    }
    start_supervisor(places, plan)


def start_supervisor(places: Places, plan: dict[str, Any]) -> None:
    started = subprocess.run(
        [sys.executable, "-I", "-S", supervisor.__file__, str(places.folder)],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
    )
    if started.returncode:
        raise ServicesError(
            started.stderr.strip() or f"The supervisor ended with status {started.returncode}."
        )


def postgres_plan(places: Places, identity: Identity) -> dict[str, Any]:
    postgres = binaries.postgres(made_by=clusters(places))
    folder = reachable(postgres.folder, places, identity)
    data = places.servers / f"pg{postgres.major}"
    if not data.exists():
        create_cluster(data, folder, postgres.major, places, identity)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": quoted(places.sockets), "port": "5432"}
    if places.is_ephemeral:
        settings |= EPHEMERAL_SETTINGS
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return {
        "name": "postgres",
        "version": postgres.version,
        "argv": [*identity.prefix, str(folder / "postgres"), "-D", str(data), *options],
        "log": str(places.log("postgres")),
        "ready": str(data / "postmaster.pid"),
    }


def valkey_plan(places: Places, identity: Identity) -> dict[str, Any]:
    valkey = binaries.valkey()
    program = reachable(valkey.program, places, identity)
    options = {
        "--port": "0",
        "--unixsocket": str(places.valkey_socket),
        "--unixsocketperm": "700",
        "--dir": str(places.servers.resolve()),
        "--save": "",
        "--maxmemory": "128mb",
        "--maxmemory-policy": "allkeys-lru",
        "--databases": "64",
    }
    return {
        "name": "valkey",
        "version": valkey.version,
        "argv": [*identity.prefix, str(program), *(word for option in options.items() for word in option)],
        "log": str(places.log("valkey")),
        "ready": str(places.valkey_socket),
    }


PLANS = {"postgres": postgres_plan, "valkey": valkey_plan}


def clusters(places: Places) -> set[int]:
    """The major versions of PostgreSQL that there is data of."""
    return {int(path.name[2:]) for path in places.servers.glob("pg*") if path.name[2:].isdecimal()}


def create_cluster(data: Path, programs: Path, major: int, places: Places, identity: Identity) -> None:
    """initdb and the database `aistore`, under another name until both are complete."""
    unfinished = data.with_name("new-cluster")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    # The builtin provider: the same lower() and the same order on every machine. It is new in PostgreSQL 17.
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else ["--locale=C.UTF-8"]
    )
    options: list[str | Path] = [
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        *locale,
        "--no-instructions",
    ]
    if places.is_ephemeral:
        options.append("--no-sync")
    check(identity.run([programs / "initdb", "-D", unfinished, *options]))
    single_user = [programs / "postgres", "--single", "-D", unfinished, "postgres"]
    check(identity.run(single_user, input="CREATE DATABASE aistore"))
    unfinished.rename(data)


def check(done: "subprocess.CompletedProcess[str]") -> None:
    errors = [
        line for line in done.stdout.splitlines() if any(word in line for word in ("rror:", "FATAL", "PANIC"))
    ]
    if done.returncode or errors:
        words = errors or done.stdout.strip().splitlines() or [f"status {done.returncode}"]
        raise ServicesError(f"PostgreSQL's data could not be created: {words[0].strip()}")


def quoted(folder: Path) -> str:
    """A folder in a list of folders, where a comma would part two."""
    return '"{}"'.format(str(folder).replace('"', '""'))


def reachable(program: Path, places: Places, identity: Identity) -> Path:
    """`program`, or its copy in `servers` where the user that the servers run as cannot get at it."""
    if identity.uid is None or can_enter(program.parent):
        return program
    packages = next(parent for parent in program.parents if parent.name == "site-packages")
    package = packages / program.relative_to(packages).parts[0]
    for source in packages.glob(f"{package.name}*"):
        target = places.servers / "programs" / source.name
        if not source.name.endswith(".dist-info") and not target.exists():
            shutil.copytree(source, target)
    return places.servers / "programs" / program.relative_to(packages)


def shorten(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            os.replace(log, log.with_suffix(".log.old"))
