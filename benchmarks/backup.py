"""Backups and restores against PostgreSQL's own programs, and against django-dbbackup alone.

python -m benchmarks.backup [--messages 300000] [--rounds 3]

2,000,000 messages are some 2 GB. Needs zstd on PATH, because many builds of pg_dump have none; with it, the limit is
``pg_dump -Fc -Z0 | zstd -3`` and back.
"""

import argparse
import os
import resource
import shlex
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import server, table

GOAL, SIZE_GOAL = 1.15, 1.02
MOST_MEMORY = 100  # MB, above what the process has before
MEGABYTE = 10**6


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    server.set_up()
    with server.databases("default"), tempfile.TemporaryDirectory() as folder:
        from .data import fill

        fill("default", options.messages)
        rows = Bench(Path(folder), options.rounds).run(f"{options.messages:,} messages")
    return 0 if all(row.met for row in rows) else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.backup", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser


class Bench:
    def __init__(self, folder: Path, rounds: int) -> None:
        from django.conf import settings

        self.folder, self.rounds = folder, rounds
        settings.AISTORE = {"BACKUP_DIRECTORY": str(folder / "backups")}
        self.dump, self.dbbackup = folder / "limit.dump.zst", folder / "dbbackup.dump"

    def run(self, title: str) -> list[table.Row]:
        from aistore import backup

        before = _memory()
        times = self._timed(
            {"pg_dump | zstd -3": self._pg_dump, "aistore": self._create, "django-dbbackup": self._dbbackup}
        )
        memory = _memory() - before
        made = backup.newest_verified() or backup.backups()[-1]
        back = self._timed(
            {
                "zstd -d | pg_restore": self._pg_restore,
                "aistore": self._restore,
                "django-dbbackup": self._dbrestore,
            }
        )
        began = time.perf_counter()
        backup.verify(made.name)
        verified = time.perf_counter() - began
        limit, size = self.dump.stat().st_size, made.size or 0
        rows = [
            table.Row("backup, ms", "ms", times["pg_dump | zstd -3"] * 1000, times["aistore"] * 1000, GOAL),
            table.Row("its size, kB", "kB", limit / 1000, size / 1000, SIZE_GOAL),
            table.Row("its memory, MB", "MB", None, memory, MOST_MEMORY),
            table.Row("restore, ms", "ms", back["zstd -d | pg_restore"] * 1000, back["aistore"] * 1000, GOAL),
        ]
        shown = table.show(rows, title=f"{title}; the limit is pg_dump -Fc -Z0 | zstd -3, and back")
        print(f"\nverification: {verified * 1000:,.0f} ms; ratio {made.ratio} : 1")
        mine, theirs = size / MEGABYTE, self.dbbackup.stat().st_size / MEGABYTE
        print(
            f"django-dbbackup alone: backup {times['django-dbbackup'] * 1000:,.0f} ms, {theirs:,.1f} MB (aistore"
            f" {mine:,.1f} MB), restore {back['django-dbbackup'] * 1000:,.0f} ms"
        )
        return shown

    def _timed(self, ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
        """The median of each, in turns."""
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(self.rounds):
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                taken[name].append(time.perf_counter() - began)
        return {name: statistics.median(seconds) for name, seconds in taken.items()}

    def _create(self) -> None:
        from aistore import backup

        backup.create()

    def _pg_dump(self) -> None:
        self._shell("pg_dump", "create_dump", f"-Z0 | zstd -q -3 -f -o {shlex.quote(str(self.dump))}")

    def _dbbackup(self) -> None:
        """As its command does it: the connector's dump, then the storage's copy of that."""
        from django.core.files.storage import FileSystemStorage

        self.dbbackup.unlink(missing_ok=True)
        dump = self._connector().create_dump()
        FileSystemStorage(self.folder).save(self.dbbackup.name, dump)

    def _restore(self) -> None:
        """All of it: verified, restored, compared with the manifest, analysed, in its place."""
        from aistore import backup

        backup.restore(backup.backups()[-1].name, target=self._empty(create=False))

    def _pg_restore(self) -> None:
        self._empty()
        self._shell("pg_restore", "restore_dump", before=f"zstd -dcq {shlex.quote(str(self.dump))} |")

    def _dbrestore(self) -> None:
        connector = self._connector()
        connector.settings["NAME"] = self._empty()
        with self.dbbackup.open("rb") as dump:
            connector.restore_dump(dump)

    def _connector(self) -> Any:
        from dbbackup.db.postgresql import PgDumpBinaryConnector

        connector = PgDumpBinaryConnector("default")
        connector.dump_cmd = _newest("pg_dump")
        connector.restore_cmd = _newest("pg_restore")
        return connector

    def _shell(self, program: str, call: str, after: str = "", before: str = "") -> None:
        from aistore.backup import databases, programs

        name = databases.name_of("default") if call == "create_dump" else TARGET
        connector = programs.Connector("default", name)
        connector.dump_cmd = connector.restore_cmd = _newest(program)
        getattr(connector, call)(*([] if call == "create_dump" else [None]))
        command, environment = connector.made
        line = f"set -o pipefail; {before} {shlex.join(command)} {after}"
        subprocess.run(["bash", "-c", line], check=True, env={**os.environ, **environment})

    def _empty(self, *, create: bool = True) -> str:
        server._on_server(f"DROP DATABASE IF EXISTS {TARGET} WITH (FORCE)")
        if create:
            server._on_server(f"CREATE DATABASE {TARGET} TEMPLATE template0")
        return TARGET


TARGET = "aistore_benchmark_target"


def _newest(name: str) -> str:
    """The one that aistore takes for this server."""
    from django.db import connection

    from aistore.backup import programs

    connection.ensure_connection()
    return programs.program(name, connection.pg_version // 10000).path


def _memory() -> float:
    """MB, the most so far; zstd's threads and Python included, pg_dump not."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


if __name__ == "__main__":
    raise SystemExit(main())
