"""Restore: into a new database beside the live one, which takes its place when it is complete and checked.

Whatever ends the process, and whenever, the live database is the old one or the new one, never a mixture: they change
places in one transaction. Files that are missing come before, so that no row ever points to nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from .. import cache
from ..cache.maintenance import KINDS
from ..exceptions import BackupDamaged, RestoreFailed
from . import blobs, databases, folder, records, replacing, verifying
from .creating import OnProgress, told
from .encryption import Identity
from .manifest import Manifest
from .planning import SWAP, TRANSACTION, Plan, found, plan_of
from .programs import ProgramFailed
from .replaying import replay


@dataclass(frozen=True)
class Restored:
    name: str
    database: str
    way: str  # new, swap or transaction
    rows: dict[str, int]  # of the backup, by table
    files: int  # of uploads, that were missing or damaged and came back
    audit_entries: int  # newer than the backup, which were kept
    replayed: int  # erasures recorded since the backup, done again
    kept_as: str | None  # the name under which the old database is kept
    pending: tuple[str, ...]  # migrations still to be applied


def restore(
    name: str | os.PathLike[str],
    *,
    target: str | None = None,
    identity: str | os.PathLike[str] | None = None,
    keep_old: bool = True,
    any_application: bool = False,
    directory: str | os.PathLike[str] | None = None,
    on_progress: OnProgress | None = None,
) -> Restored:
    """Put a backup, by name or path, in the place of the app's database, or of another one of the same server
    (``target``; files of uploads are then left alone). Nobody is asked: see plan() for what it will do.

    Every byte is verified first, and the backup itself is only read. Everybody is told to leave the old database, which
    stays under a dated name unless ``keep_old`` is false. Raises BackupNotFound, BackupDamaged, BackupUnfit,
    BackupRunning, RestoreFailed; then the database is as it was.
    """
    home = folder.directory(directory)
    key = Identity(identity) if identity else None
    with told(home), folder.locked(home):
        path = found(name, home)
        manifest = folder.manifest_of(path)
        plan = plan_of(path, manifest, target=target, any_application=any_application)
        verifying.read_all(path, manifest, identity=key, on_progress=on_progress)
        with _told(plan):
            if plan.way == TRANSACTION:
                return _in_place(path, manifest, plan, key)
            return _beside(path, manifest, plan, key, keep_old=keep_old)


def _beside(
    path: Path, manifest: Manifest, plan: Plan, identity: Identity | None, *, keep_old: bool
) -> Restored:
    using, live = databases.alias(), plan.database
    with databases.scratch(using, "restore", like=live) as new:
        verifying.restore_into(path, manifest, using, new, identity)
        with databases.connect(using, new) as connection:
            verifying.compare(manifest, connection)
        replayed = _bring_up_to_date(using, new, manifest, plan)
        kept = records.carry(using, live, new, since=manifest.created_at) if plan.way == SWAP else 0
        files = _put_files_back(path, manifest, plan, identity)
        with databases.maintenance(using) as server:
            old = databases.dated(server, live, timezone.now())
            databases.dress(server, new, like=live)
            databases.swap(server, using, new, live, old)
    if plan.way == SWAP:  # what was put on record in the last moment
        kept += records.carry(using, old, live, since=manifest.created_at)
    _forget(using, plan)
    if plan.way == SWAP and not keep_old:
        with databases.maintenance(using) as server:
            databases.drop(server, old)
    kept_as = old if plan.way == SWAP and keep_old else None
    return Restored(plan.name, live, plan.way, manifest.rows, files, kept, replayed, kept_as, ())


def _in_place(path: Path, manifest: Manifest, plan: Plan, identity: Identity | None) -> Restored:
    """Without the right to create databases: in one transaction. The schema is then that of the backup."""
    using = databases.alias()
    files = _put_files_back(path, manifest, plan, identity)
    replacing.replace(path, manifest, using, plan.database, identity)
    with databases.visible(using, plan.database) as alias:
        replayed = replay(alias, since=manifest.created_at)
    kept = records.count(using, plan.database) - manifest.rows.get(records.TABLE, 0) - 1  # the restore itself
    _forget(using, plan)
    rows = manifest.rows
    return Restored(plan.name, plan.database, plan.way, rows, files, kept, replayed, None, plan.pending)


def _bring_up_to_date(using: str, new: str, manifest: Manifest, plan: Plan) -> int:
    """All that takes time, before anybody sees it."""
    with databases.visible(using, new) as alias:
        if plan.pending:
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        replayed = replay(alias, since=manifest.created_at)
        records.note_restore(alias, plan.name)
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")  # without statistics the first queries take minutes
    return replayed


def _put_files_back(path: Path, manifest: Manifest, plan: Plan, identity: Identity | None) -> int:
    """Only for the live database: they lie in its storage."""
    if not plan.is_live:
        return 0
    return blobs.put_back(path, manifest.files, identity, lambda count: None)


def _forget(using: str, plan: Plan) -> None:
    """What is cached is of another database. A cache that is away forgets by itself, one lease later."""
    if not plan.is_live:
        return
    for kind in KINDS:
        cache.forget_matching(f"{kind}:*")
    cache.forget_matching("*")
    cache.maintenance.forget_kept()
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["NAME"] == plan.database:
            connection.close()
            close_pool = getattr(connection, "close_pool", None)  # of PostgreSQL only
            if close_pool:
                close_pool()


@contextmanager
def _told(plan: Plan) -> Iterator[None]:
    facts = {"name": plan.name, "database": plan.database}
    try:
        yield
    except ProgramFailed as error:
        remedy = "See to what it says, and try again."
        raise RestoreFailed(why=f"PostgreSQL's program said: {error}", remedy=remedy, **facts) from error
    except psycopg.errors.ObjectInUse as error:
        remedy = (
            "End its other sessions and prepared transactions, perhaps those of a superuser, and try again."
        )
        raise RestoreFailed(
            why=f"the old database stayed in use ({error})", remedy=remedy, **facts
        ) from error
    except psycopg.Error as error:
        why = " ".join(str(error).split())
        raise RestoreFailed(why=why, remedy="See to it, and try again.", **facts) from error
    except OSError as error:
        why = f"{error.filename or ''} {error.strerror or error}".strip()
        raise RestoreFailed(why=why, remedy="See to the disk, and try again.", **facts) from error
    except BackupDamaged as error:
        remedy = "Take another backup."
        raise RestoreFailed(why=error.facts["why"], remedy=remedy, **facts) from error
