"""Whether a backup may be restored here, and what that would do."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db.migrations.loader import MigrationLoader

from ..exceptions import BackupUnfit
from . import databases, folder, offsite, snapshot
from .creating import APPLICATION
from .manifest import Manifest

NEW, SWAP, TRANSACTION = "new", "swap", "transaction"


@dataclass(frozen=True)
class Plan:
    name: str
    path: str
    database: str
    is_live: bool  # the database of the app, and not another one beside it
    way: str  # new: it is not there yet; swap: by rename; transaction: in place, without the right to create databases
    rows_now: dict[str, int]
    rows_after: dict[str, int]
    pending: tuple[str, ...]  # migrations that the backup has not seen
    connections: int  # which will be told to leave


def plan(
    name: str | os.PathLike[str],
    *,
    target: str | None = None,
    any_application: bool = False,
    directory: str | os.PathLike[str] | None = None,
) -> Plan:
    """What restore() with the same arguments would do. Changes nothing, but fetches a backup that only BACKUP_STORAGE
    has. Raises BackupNotFound, BackupDamaged, BackupUnfit."""
    home = folder.directory(directory)
    path = found(name, home)
    return plan_of(path, folder.manifest_of(path), target=target, any_application=any_application)


def found(name: str | os.PathLike[str], home: Path) -> Path:
    text = os.fspath(name)
    return offsite.fetch(text, home) if os.path.basename(text) == text else folder.find(text, home)


def plan_of(path: Path, manifest: Manifest, *, target: str | None, any_application: bool) -> Plan:
    using = databases.alias()
    live = databases.name_of(using)
    database = target or live
    rows: dict[str, int] = {}
    applied: dict[str, list[str]] = {}
    with databases.maintenance(using) as server:
        _check_server(manifest, server)
        is_there = databases.exists(server, database)
        may_create = databases.may_create(server, database)
        others = _connections(server, database)
    if is_there:
        with databases.connect(using, database) as connection:
            rows, applied = snapshot.rows_of(connection), snapshot.migrations_of(connection)
    pending = _compare_migrations(manifest, applied, any_application=any_application)
    way = NEW if not is_there else SWAP if may_create else TRANSACTION
    return Plan(
        manifest.name, str(path), database, database == live, way, rows, manifest.rows, pending, others
    )


def _check_server(manifest: Manifest, server: "psycopg.Connection[Any]") -> None:
    theirs, ours = int(manifest.postgresql.split(".")[0]), server.info.server_version // 10000
    if theirs > ours:
        why = f"it is of PostgreSQL {theirs}, the server is {ours}"
        raise BackupUnfit(
            name=manifest.name, why=why, remedy=f"Restore it on a server of PostgreSQL {theirs} or newer."
        )


def _compare_migrations(
    manifest: Manifest, applied: Mapping[str, list[str]], *, any_application: bool
) -> tuple[str, ...]:
    """What the database itself has, the backup may have too: of apps that are not installed any more, for example."""
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations) | {
        key for migration in loader.disk_migrations.values() for key in migration.replaces
    }
    known |= {(app, name) for app, names in applied.items() for name in names}
    backed_up = {(app, name) for app, names in manifest.migrations.items() for name in names}
    apps = {app for app, _ in known}
    strange = sorted({app for app, _ in backed_up if app not in apps})
    if (strange or manifest.application != APPLICATION) and not any_application:
        why = f"it is of another application, with the apps {', '.join(strange) or manifest.application}"
        remedy = "Install these apps; if you know that they are gone for good, say --any-application."
        raise BackupUnfit(name=manifest.name, why=why, remedy=remedy)
    newer = sorted(f"{app}.{name}" for app, name in backed_up - known if app in apps)
    if newer:
        why = f"its schema is newer than this code, which does not know {', '.join(newer)}"
        raise BackupUnfit(name=manifest.name, why=why, remedy="Install the release that made it.")
    nodes = loader.graph.nodes
    return tuple(sorted(f"{app}.{name}" for app, name in nodes if (app, name) not in backed_up))


def _connections(server: "psycopg.Connection[Any]", database: str) -> int:
    row = server.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'",
        [database],
    ).fetchone()
    return int(row[0]) if row else 0
