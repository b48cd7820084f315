"""Where the embedded servers keep things. Only paths: nothing here starts, creates or asks anything.

.services/              0700, not in git; AISTORE_SERVICES_DIR puts it elsewhere
    secret_key          of the development settings
    media/              uploaded files
    users.lock          held shared by every process that uses the servers; see `lifetime`
    supervisor.lock     held by the supervisor, whose record it contains
    start.lock          held while somebody starts or stops them
    keep                there after `services start`: do not stop when the last user goes
    *.log
    servers/            belongs to the user the servers run as; see `identity`
        pg18/           the cluster, by major version
        .s.PGSQL.5432, valkey.sock
"""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# A socket address holds 108 bytes on Linux and 104 on macOS, with the final NUL.
LONGEST_SOCKET_PATH = 100

# Without what an address gives a meaning to: the comma for libpq, `%` and `?` in the URL of the cache.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_/.+@-]+")

# The servers of a folder so named are for one test run: no fsync, and the folder goes when they go.
# A name, because a marker inside would be lost with the folder, and the next start would then last.
EPHEMERAL_PREFIX = "aistore-tests-"


@dataclass(frozen=True)
class Places:
    """The paths of one set of servers: of one checkout, or of one test run."""

    folder: Path

    @classmethod
    def here(cls) -> "Places":
        return cls(Path(os.environ.get("AISTORE_SERVICES_DIR") or CHECKOUT / ".services").absolute())

    @property
    def is_ephemeral(self) -> bool:
        return self.folder.name.startswith(EPHEMERAL_PREFIX)

    @property
    def servers(self) -> Path:
        return self.folder / "servers"

    @cached_property
    def sockets(self) -> Path:
        """The folder of the sockets: `servers`, or another one where that would not do as an address."""
        is_short = len(os.fsencode(self.servers / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
        if is_short and PLAIN_PATH.fullmatch(str(self.servers)):
            return self.servers
        return short_folder(self.folder)

    @property
    def home(self) -> Path:
        """`servers` as the servers reach it: a link below a closed folder is no way for them; see `identity`."""
        return self.servers.readlink() if self.servers.is_symlink() else self.servers

    @property
    def is_copy(self) -> bool:
        """Whether the checkout was copied or moved, link and all: it leads to the data of the original."""
        return self.servers.is_symlink() and self.home != short_folder(self.folder)

    @property
    def home_of_sockets(self) -> Path:
        return self.home if self.sockets == self.servers else self.sockets

    @property
    def all_folders(self) -> list[Path]:
        """From the inside out: what there is to delete."""
        return [self.sockets, self.home, self.folder]

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def users_lock(self) -> Path:
        return self.folder / "users.lock"

    @property
    def start_lock(self) -> Path:
        return self.folder / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.folder / "supervisor.lock"

    @property
    def keep(self) -> Path:
        return self.folder / "keep"

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def secret_key(self) -> Path:
        return self.folder / "secret_key"

    def log(self, server: str) -> Path:
        return self.folder / f"{server}.log"


def short_folder(folder: Path) -> Path:
    """A folder with a short name that belongs to `folder` alone: two checkouts never meet in it.

    Not under TMPDIR: that may differ between the process that starts the servers and the one that uses them.
    """
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    parent = Path("/var/tmp") if os.path.isdir("/var/tmp") else Path(tempfile.gettempdir())  # noqa: S108
    return parent / f"aistore-{mark}"
