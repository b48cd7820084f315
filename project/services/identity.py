"""As whom the servers run. PostgreSQL refuses to run as root; so do we without touching anybody's account.

Root, first choice: a user namespace, in which root is called `nobody`. The files stay root's, so that a
checkout and a virtual environment below a closed home (0700) are no obstacle.

Root, where containers forbid user namespaces: user and group `nobody` (65534). That user must get at three
things, and no permission outside our own folder is changed for it:

- `servers`, which it owns; the folder above may be passed (0711) but not listed;
- where a parent of the checkout is closed, `servers` links to a folder of that user's in /var/tmp;
- where the virtual environment is closed, a copy of the programs in `servers`.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project.services.places import Places, short_folder

NOBODY = 65534

NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")

# On Linux a killed supervisor takes the servers with it. Inside the namespace: entering one undoes it.
LEASH = ("setpriv", "--pdeathsig", "INT")


@dataclass(frozen=True)
class Identity:
    """A prefix of every server command, and the user to become, or None."""

    prefix: tuple[str, ...]
    uid: int | None

    @classmethod
    def choose(cls) -> "Identity":
        prefix: tuple[str, ...] = ()
        uid = None
        if os.geteuid() == 0:
            prefix = NAMESPACE if works(NAMESPACE) else ()
            uid = None if prefix else NOBODY
        return cls(prefix + LEASH if works(prefix + LEASH) else prefix, uid)

    @property
    def owner(self) -> int:
        return os.geteuid() if self.uid is None else self.uid

    def run(self, argv: Sequence[str | Path], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a short program as that user; its output is text, together in `stdout`."""
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.run(
            [*self.prefix, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            **options,
        )


def works(prefix: tuple[str, ...]) -> bool:
    if not prefix or not shutil.which(prefix[0]):
        return False
    return subprocess.run([*prefix, "true"], capture_output=True).returncode == 0


def prepare(places: Places, identity: Identity) -> None:
    """Make `servers` and the folder of the sockets belong to the user that the servers run as."""
    if identity.uid is not None and not places.servers.is_symlink():
        link_or_open(places, identity)
    private_folder(places.servers.resolve(), owner=identity.owner)
    private_folder(places.sockets.resolve(), owner=identity.owner)


def link_or_open(places: Places, identity: Identity) -> None:
    if can_enter(places.folder.parent):
        places.folder.chmod(0o711)
        return
    annex = short_folder(places.folder)
    private_folder(annex, owner=identity.owner)
    # Whoever deletes .services wants to begin anew, here as well.
    empty(annex)
    if places.servers.exists():
        shutil.copytree(places.servers, annex, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(places.servers)
    places.servers.symlink_to(annex)
    private_folder(annex, owner=identity.owner)


def empty(folder: Path) -> None:
    for child in folder.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()


def private_folder(path: Path, *, owner: int) -> None:
    """Create or take over a folder that only `owner` can enter; another's, or a link, is refused."""
    path.mkdir(mode=0o700, exist_ok=True)
    facts = path.lstat()
    # Root may have run the servers the other way before.
    ours = {os.geteuid(), owner, NOBODY} if os.geteuid() == 0 else {os.geteuid()}
    if path.is_symlink() or facts.st_uid not in ours:
        raise PermissionError(f"{path} belongs to somebody else. Remove it, or set AISTORE_SERVICES_DIR.")
    path.chmod(0o700)
    if facts.st_uid != owner:
        give(path, owner)


def give(folder: Path, owner: int) -> None:
    os.chown(folder, owner, owner)
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(os.path.join(parent, name), owner, owner, follow_symlinks=False)


def can_enter(folder: Path) -> bool:
    """Whether `nobody` may pass through `folder` and all its parents."""
    return all(path.stat().st_mode & 0o001 for path in [folder, *folder.parents])
