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
        """Run a short program as that user; its output, in English, is in `stdout`."""
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.run(
            [*self.prefix, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=os.environ | {"LC_ALL": "C"},
            **options,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether that user may pass through `folder` and all its parents."""
        return self.uid is None or all(path.stat().st_mode & 0o001 for path in [folder, *folder.parents])

    def prepare(self, places: Places) -> None:
        """Make `servers` and the folder of the sockets belong to that user."""
        is_open = self.can_enter(places.folder.parent)
        if places.is_copy or not (is_open or places.servers.is_symlink()):
            move_out(places)
        elif self.uid is not None and is_open:
            places.folder.chmod(0o711)
        for folder in {places.home, places.home_of_sockets}:
            private_folder(folder, owner=self.owner)

    def reachable(self, program: Path, places: Places) -> Path:
        """`program`, or its copy in `servers` where that user cannot get at it."""
        packages = next((parent for parent in program.parents if parent.name == "site-packages"), None)
        if packages is None or self.can_enter(program.parent):
            return program
        inside = program.relative_to(packages)
        copies = places.home / "programs"
        if not is_same(program, copies / inside):
            # Beside the package lies a folder with the libraries of its wheel.
            for name in (f"{inside.parts[0]}.libs", inside.parts[0]):
                replace(packages / name, copies / name, owner=self.owner)
        return copies / inside


def works(prefix: tuple[str, ...]) -> bool:
    if not prefix or not shutil.which(prefix[0]):
        return False
    return subprocess.run([*prefix, "true"], capture_output=True).returncode == 0


def move_out(places: Places) -> None:
    """Make `servers` a link to a folder of this checkout in /var/tmp, with what there was in it."""
    new = short_folder(places.folder)
    if places.is_copy and any(places.servers.glob("pg*/postmaster.pid")):
        raise PermissionError(
            f"it is a copy, and the servers of the original run in {places.home}. Stop them"
        )
    private_folder(new, owner=os.geteuid())
    # Whoever has deleted .services wants to begin anew, here as well.
    shutil.rmtree(new)
    if places.servers.exists():
        shutil.copytree(places.servers, new, symlinks=True, ignore=shutil.ignore_patterns("*.sock", ".s.*"))
    remove(places.servers)
    places.servers.symlink_to(new)


def remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def private_folder(path: Path, *, owner: int) -> None:
    """Create or take over a folder that only `owner` can enter; somebody else's, or a link, is refused."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat().st_uid
    # Root may have run the servers the other way before.
    ours = {0, NOBODY} if os.geteuid() == 0 else {os.geteuid()}
    if path.is_symlink() or found not in ours:
        raise PermissionError(f"{path} belongs to somebody else. Remove it, or set AISTORE_SERVICES_DIR")
    path.chmod(0o700)
    if found != owner:
        give(path, owner)


def give(folder: Path, owner: int) -> None:
    os.chown(folder, owner, owner)
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(os.path.join(parent, name), owner, owner, follow_symlinks=False)


def is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.stat().st_mtime == other.stat().st_mtime


def replace(source: Path, target: Path, *, owner: int) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target)
        give(target, owner)
