"""A cluster of PostgreSQL, which is what it calls its data folder."""

import locale
import shutil
import subprocess
import sys
from pathlib import Path

from project.services.errors import ServicesError
from project.services.identity import Identity
from project.services.places import Places


def majors(places: Places) -> set[int]:
    """The major versions of PostgreSQL that there are data of."""
    return {int(path.name[2:]) for path in places.servers.glob("pg*") if path.name[2:].isdecimal()}


def create(data: Path, programs: Path, major: int, identity: Identity, *, is_synced: bool) -> None:
    """initdb and the database `aistore`, under another name until both are complete: some 0.5 s."""
    unfinished = data.with_name("new-cluster")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"]
    initdb: list[str | Path] = [programs / "initdb", "-D", unfinished]
    check(identity.run([*initdb, "--no-sync", *options, *locale_options(major)]))
    single_user: list[str | Path] = [
        programs / "postgres",
        "--single",
        "-D",
        unfinished,
        "-c",
        "fsync=off",
        "postgres",
    ]
    check(identity.run(single_user, input="CREATE DATABASE aistore"))
    if is_synced:
        # Once for both, and by file system: a thousand single files took four seconds on a busy disk.
        method = ["--sync-method=syncfs"] if major >= 17 and sys.platform == "linux" else []
        check(identity.run([*initdb, "--sync-only", *method]))
    unfinished.rename(data)


def locale_options(major: int) -> list[str]:
    """The same lower(), order and text search on every machine, whatever its LANG.

    The builtin provider (new in PostgreSQL 17) sorts and folds. The parser of text search goes by LC_CTYPE
    all the same: with `C` it takes a Chinese full stop and a French quotation mark for letters.
    """
    name = next(filter(has_locale, ("C.UTF-8", "en_US.UTF-8")), "C")
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [f"--locale={name}", *(builtin if major >= 17 else [])]


def has_locale(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


def check(done: "subprocess.CompletedProcess[str]") -> None:
    # Single-user PostgreSQL ends with status 0 even where its statement has failed.
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in lines if any(word in line for word in ("rror:", "ERROR", "FATAL", "PANIC"))]
    if done.returncode or errors:
        words = [*errors, *lines, f"status {done.returncode}"]
        raise ServicesError(f"PostgreSQL's data could not be created: {words[0]}")
