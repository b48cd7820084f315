"""Folders of servers that last for one test run."""

import atexit
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from project.services import leftovers, lifetime
from project.services.places import EPHEMERAL_PREFIX, Places


def create() -> Places:
    """A new folder, held by this process; it goes with the last process that holds it, or uses its servers."""
    for forgotten in Path(tempfile.gettempdir()).glob(f"{EPHEMERAL_PREFIX}*"):
        remove_if_unused(Places(forgotten))
    places = Places(Path(tempfile.mkdtemp(prefix=EPHEMERAL_PREFIX)))
    lifetime.hold(places)
    atexit.register(leave, places)
    return places


def leave(places: Places) -> None:
    lifetime.release(places)
    remove_if_unused(places)


def remove_if_unused(places: Places) -> None:
    """Remove a folder that neither a user holds nor a supervisor: the latter removes it itself."""
    try:
        users = os.open(places.users_lock, os.O_RDWR)
    except (FileNotFoundError, PermissionError):
        # Not ours, or so new that its owner has not come to locking it.
        return
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not lifetime.record(places):
            leftovers.end(places)
            for folder in places.all_folders:
                shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(users)
