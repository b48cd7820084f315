"""Restores: all or nothing, beside the live database and then in its place."""

import threading
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections

from aistore import backup
from aistore.backup import blobs, planning, replacing, restoring, verifying
from aistore.backup import databases as ours
from aistore.backup.replaying import REPLAYS
from aistore.exceptions import BackupDamaged, BackupNotFound, BackupUnfit, RestoreFailed
from aistore.models import AuditEntry, Conversation, Message, Upload

from ..scratch import on_server
from .conftest import ALIAS, databases, names, usernames

WAYS = pytest.mark.parametrize("way", ["swap", "transaction"], indirect=True)


@pytest.fixture
def way(request, monkeypatch):
    if request.param == "transaction":
        monkeypatch.setattr(planning.databases, "may_create", lambda server, database: False)
    return request.param


@pytest.fixture
def later(made):
    """What was written after the backup."""
    get_user_model().objects.using(ALIAS).create(username="later")
    AuditEntry.objects.using(ALIAS).create(action="read", kind="conversation", object_id="after")


def test_replaced(made, later, database):
    """The rows are those of the backup; the old ones are kept under a dated name."""
    restored = backup.restore(made.name)
    assert usernames() == {"an"}
    assert (restored.way, restored.database) == ("swap", database)
    assert Message.objects.using(ALIAS).get().content == "Where do I start?"
    assert restored.kept_as in databases()
    connections[ALIAS].settings_dict["NAME"] = restored.kept_as
    assert usernames() == {"an", "later"}


@WAYS
def test_goes_on_afterwards(made, later, way):
    """Sequences, triggers and constraints are there: the next append gets the next number."""
    assert backup.restore(made.name).way == way
    assert usernames() == {"an"}
    conversation = Conversation.objects.using(ALIAS).get()
    assert conversation.append("assistant", "At the citadel.").sequence_number == 2
    get_user_model().objects.using(ALIAS).create(username="next")
    assert verifying.integrity.check_data(using=ALIAS, files=False).is_sound


@WAYS
def test_audit_entries_newer_than_the_backup_are_kept(made, later, way):
    """And the restore is put on record itself."""
    assert backup.restore(made.name).audit_entries == 1
    entries = AuditEntry.objects.using(ALIAS).order_by("at").values_list("action", "object_id")
    assert list(entries) == [("read", "after"), ("restore", made.name)]


@WAYS
def test_tables_that_are_newer_than_the_backup_go(made, way):
    """What is there after a restore is what was there then."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("CREATE SCHEMA later; CREATE TABLE later.one (id int GENERATED ALWAYS AS IDENTITY)")
        cursor.execute("CREATE TYPE mood AS ENUM ('good'); CREATE VIEW seen AS SELECT * FROM auth_user")
    backup.restore(made.name)
    assert exists("SELECT to_regclass('later.one'), to_regclass('seen'), to_regtype('mood')") == (None,) * 3


def exists(statement):
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


@WAYS
def test_sixty_connections_are_told_to_leave(made, later, database, way):
    """Half of them in a transaction, with locks; and some come back at once, as a pool does."""
    settings = connections[ALIAS].get_connection_params()
    opened = [psycopg.connect(**{**settings, "dbname": database}) for _ in range(60)]
    for one in opened[::2]:
        one.execute("SELECT * FROM auth_user")
    ended = threading.Event()
    pool = threading.Thread(target=come_back, args=(settings, database, ended))
    pool.start()
    try:
        assert backup.restore(made.name).way == way
    finally:
        ended.set()
        pool.join()
        for one in opened:
            one.close()
    assert usernames() == {"an"}


def come_back(settings, database, ended):
    while not ended.is_set():
        try:
            with psycopg.connect(**{**settings, "dbname": database}) as one:
                while not ended.is_set():
                    one.execute("SELECT 1")
        except psycopg.Error:
            continue


def test_another_database(made, later, database):
    """It is made; the live one and its files are left alone."""
    Upload.objects.using(ALIAS).get().file.delete(save=False)
    restored = backup.restore(made.name, target=f"{database}_look")
    assert (restored.way, restored.files, restored.kept_as) == ("new", 0, None)
    assert usernames() == {"an", "later"}
    connections[ALIAS].settings_dict["NAME"] = f"{database}_look"
    assert usernames() == {"an"}


def test_the_old_one_goes_when_told(made, later, database):
    before = databases()
    assert backup.restore(made.name, keep_old=False).kept_as is None
    assert databases() == before


def test_settings_and_rights_of_the_database_come_along(made, database):
    """No dump of one database has them."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            f"ALTER DATABASE {database} SET work_mem = '7MB'; ALTER DATABASE {database} SET search_path = a, b"
        )
        cursor.execute(
            f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC; GRANT CREATE ON DATABASE {database} TO pg_monitor"
        )
    backup.restore(made.name)
    connections[ALIAS].close()
    assert exists("SELECT current_setting('work_mem'), current_setting('search_path')") == ("7MB", "a, b")
    rights = "has_database_privilege('pg_monitor', current_database(), 'CREATE')"
    public = "has_database_privilege('pg_read_all_data', current_database(), 'CONNECT')"
    assert exists(f"SELECT {rights}, {public}") == (True, False)


def test_files_follow(made, upload):
    """What is missing or damaged comes back; what is there stays."""
    path = Path(upload.file.path)
    for damage in (lambda: path.write_bytes(b"Hue is a lake"), path.unlink):
        damage()
        assert backup.restore(made.name).files == 1
        assert path.read_bytes() == b"Hue is a town"
    assert backup.restore(made.name).files == 0


class AllThere:
    def db_for_read(self, model, **hints):
        return ALIAS

    db_for_write = db_for_read


def test_what_is_cached_is_forgotten(made, later, settings):
    """The next cached read is of the restored database."""
    settings.DATABASE_ROUTERS = [AllThere()]
    conversation = Conversation.objects.get()
    Conversation.objects.using(ALIAS).filter(pk=conversation.pk).update(title="Trip to Hanoi")
    assert Conversation.objects.cached.get(conversation.pk).title == "Trip to Hanoi"
    backup.restore(made.name)
    assert Conversation.objects.cached.get(conversation.pk).title == "Trip to Hue"


def test_what_was_erased_since_is_erased_again(made, monkeypatch):
    """By whoever keeps a ledger, before anybody sees the restored rows."""
    seen = []

    def erase(alias, since):
        seen.append((get_user_model().objects.using(alias).count(), usernames(), since))
        return get_user_model().objects.using(alias).all().delete() and 1

    monkeypatch.setattr("aistore.backup.replaying.REPLAYS", [erase])
    get_user_model().objects.using(ALIAS).create(username="later")
    restored = backup.restore(made.name)
    assert (restored.replayed, usernames(), REPLAYS) == (1, set(), [])
    assert seen[0][:2] == (1, {"an", "later"})


def test_an_older_schema_is_brought_up_to_date(made, later):
    """Before it takes the place of the live one."""
    manifest = verifying.folder.manifest_of(made)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'; DROP TABLE django_session")
    old = backup.create()
    assert "sessions.0001_initial" in backup.plan(old.name).pending
    backup.restore(old.name)
    assert exists("SELECT to_regclass('django_session') IS NOT NULL") == (True,)
    assert manifest.migrations["sessions"]


def test_the_plan(made, later, database):
    """What will be replaced, and by what."""
    plan = backup.plan(made.name)
    assert (plan.database, plan.way, plan.is_live, plan.pending) == (database, "swap", True, ())
    assert (plan.rows_now["auth_user"], plan.rows_after["auth_user"]) == (2, 1)


def refused(error, match, name, **options):
    """The database is as it was, and nothing was left on the server."""
    before = databases()
    with pytest.raises(error, match=match) as caught:
        backup.restore(name, **options)
    assert "\n" not in str(caught.value)
    assert usernames() == {"an", "later"}
    assert databases() == before


def test_wrong_files(made, later, tmp_path):
    """Plain SQL, another tool's dump, nothing at all, a half backup, a name with shell characters, a way out."""
    for name in ("dump.sql", "other.dump"):
        (tmp_path / name).write_text("DROP TABLE auth_user;")
        refused(BackupNotFound, "it is a file", tmp_path / name)
    refused(BackupNotFound, "there is nothing at", "aistore-20200101T000000Z")
    (made.parent / ".aistore-20200101T000000Z.part").mkdir()
    refused(BackupNotFound, "not called as", made.parent / ".aistore-20200101T000000Z.part")
    for name in ("x; touch y", "$(reboot)-20200101T000000Z", "../../etc/passwd", "..", "", "\x00", "a" * 300):
        refused(BackupNotFound, "is no backup", name)


def test_another_application(made, later):
    """With apps that are neither installed nor known to the database; unless one says so."""
    change(made, lambda manifest: manifest.migrations.update(shop=["0001_initial"]))
    refused(BackupUnfit, "of another application, with the apps shop", made.name)
    refused(RestoreFailed, "shop has other migrations", made.name, any_application=True)


def test_a_newer_schema(made, later):
    change(made, lambda manifest: manifest.migrations["aistore"].append("0999_later"))
    refused(BackupUnfit, "does not know aistore.0999_later", made.name)


def test_a_newer_postgresql(made, later):
    change(made, lambda manifest: object.__setattr__(manifest, "postgresql", "99.1"))
    refused(BackupUnfit, "it is of PostgreSQL 99", made.name)


def test_a_newer_format(made, later):
    change(made, lambda manifest: object.__setattr__(manifest, "format", 2))
    refused(BackupUnfit, "its format is 2", made.name)


def change(path, how):
    manifest = verifying.folder.manifest_of(path)
    how(manifest)
    verifying.folder.write_manifest(path, manifest)


@WAYS
def test_damaged_ones(made, later, way):
    """Dump, blob and manifest: each is found before anything is done."""
    for file in [made / "database.dump.zst", *made.rglob("files/*/*"), made / "manifest.json"]:
        whole = file.read_bytes()
        file.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        refused(BackupDamaged, made.name, made.name)
        file.write_bytes(whole)


@WAYS
def test_damage_while_it_is_restored(made, later, way, monkeypatch):
    """Verified, and then the disk gives other bytes: nothing is replaced."""
    monkeypatch.setattr(restoring.verifying, "read_all", lambda *arguments, **options: "archive")
    file = made / "database.dump.zst"
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1], whole + b"\n"):
        file.write_bytes(damaged)
        refused(RestoreFailed, "is as it was", made.name)


@WAYS
def test_other_rows_than_were_written(made, later, way):
    """Counted before it takes the place of the live one, in either way."""
    change(made, lambda manifest: manifest.rows.update(auth_group=5))
    refused(RestoreFailed, "auth_group", made.name)


def test_the_backup_is_never_touched(made, later):
    """Not even its manifest; so it can lie on a disk that is only read."""
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in made.rglob("*")}
    backup.restore(made.name)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in made.rglob("*")} == before
    assert names(made.parent) == [made.name]


def test_nothing_of_the_program_is_left(made, database):
    backup.restore(made.name, keep_old=False)
    assert not [name for name in databases() if name.startswith(ours.SCRATCH)]
    assert (blobs.AGE, replacing.EMPTY.count("DO $aistore$")) == (".age", 1)
    on_server("SELECT 1")
