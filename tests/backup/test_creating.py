"""What a backup is made of, and what is left when it cannot be made."""

import os
import stat
import subprocess

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from aistore import backup
from aistore.backup import archives, creating, databases, programs
from aistore.backup import folder as folders
from aistore.backup.folder import manifest_of
from aistore.exceptions import BackupFailed, BackupRunning
from aistore.models import Upload

from .conftest import ALIAS, names, store

NOBODY_LISTENS = 1  # a port that needs root


def test_one_moment(made, database):
    """The manifest says what is in it."""
    manifest = manifest_of(made)
    assert (manifest.application, manifest.database) == ("aistore", database)
    assert manifest.rows["aistore_message"] == manifest.rows["aistore_upload"] == manifest.files.count == 1
    assert "0001_initial" in manifest.migrations["aistore"]
    assert manifest.archive.size == (made / manifest.archive.file).stat().st_size
    assert manifest.archive.dump_size > manifest.archive.size


def test_for_nobody_else_to_read(made, folder):
    """Folders 0700, files 0600, whatever the umask."""
    paths = [folder, *folder.rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_any_pg_restore_reads_it(made):
    """Without aistore: zstd -dc | pg_restore."""
    dump = subprocess.run(["zstd", "-dc", made / "database.dump.zst"], capture_output=True, check=True).stdout
    program = programs.program("pg_restore", manifest_of(made).archive.pg_dump)
    listed = subprocess.run([program.path, "--list"], input=dump, capture_output=True, check=True).stdout
    assert b"TABLE DATA public aistore_message" in listed


def test_the_same_bytes_are_there_once(owner, folder):
    """Whoever owns them."""
    other = get_user_model().objects.using(ALIAS).create(username="binh")
    for one in (owner, other):
        store(one, b"the same")
    made = folder / backup.create().name
    assert len(list(made.rglob("files/*/*"))) == 1
    assert manifest_of(made).files.count == 2


def test_files_that_have_not_changed_are_shared(made, owner, folder):
    store(owner, b"new")
    again = folder / backup.create().name
    files = manifest_of(again).files
    assert (files.count, files.copied) == (2, 1)
    shared = {path.stat().st_ino for path in made.rglob("files/*/*")}
    assert shared < {path.stat().st_ino for path in again.rglob("files/*/*")}


def test_damage_is_not_shared(made, folder):
    """A blob whose bytes have changed is copied again."""
    [blob] = made.rglob("files/*/*")
    blob.write_bytes(b"Hue is a lake")
    again = folder / backup.create().name
    assert manifest_of(again).files.copied == 1
    assert backup.verify(again).how == "archive"


def test_a_file_that_is_gone_is_counted(made, upload):
    """It fails no backup: the others are as much worth."""
    upload.file.storage.delete(upload.file.name)
    Upload.objects.using(ALIAS).create(owner_id=upload.owner_id, file="aistore/1/gone")
    found = backup.create()
    assert (found.missing_files, found.files) == (1, 1)


def test_a_file_that_is_not_what_was_uploaded_is_counted(owner, upload):
    """And kept as it is."""
    with open(upload.file.path, "wb") as file:
        file.write(b"Hue is a lake")
    assert (backup.create().changed_files, backup.verify().how) == (1, "archive")


def test_two_at_once(made, folder):
    with folders.locked(folder), pytest.raises(BackupRunning, match="Wait for it to end"):
        backup.create()
    assert names(folder) == [made.name]


def test_two_in_one_second(made, folder):
    found = [backup.create().name for _ in range(2)]
    assert [one.name for one in backup.backups()] == [made.name, *found]


def test_what_a_killed_one_left_goes(made, folder):
    (folder / ".aistore-20200101T000000Z.part" / "files").mkdir(parents=True)
    backup.create()
    assert not [name for name in names(folder) if name.startswith(".")]


def test_constant_memory(made):
    """No chunk is larger than a megabyte, however much pg_dump prints."""
    sizes = []

    class Sink:
        def write(self, data):
            sizes.append(len(data))

        def flush(self):
            pass

    archives.read(made, manifest_of(made), Sink(), None, lambda count: sizes.append(count))
    assert max(sizes) <= 1024**2


def test_the_password_is_in_no_list_of_processes(database, monkeypatch):
    """Only in the environment, which others cannot read."""
    connections[ALIAS].settings_dict["PASSWORD"] = "s3cret"
    monkeypatch.setattr(programs, "_running", caught := Caught())
    with programs.dumping(ALIAS, database, 18, ["--compress=0"]):
        pass
    command, environment = caught.arguments
    assert "s3cret" not in " ".join(command)
    assert environment["PGPASSWORD"] == "s3cret"


class Caught:
    """In the place of what starts a program."""

    def __call__(self, *arguments, **pipes):
        self.arguments = arguments
        return self

    def __enter__(self):
        self.stdout = self
        return self

    def __exit__(self, *error):
        return None


def test_a_name_with_shell_characters(database, tmp_path):
    """The database may be called as it likes: no shell ever sees it."""
    name = "a b;$(touch x)'\"%/?#"
    connector = programs.Connector(ALIAS, name)
    connector.create_dump()
    command, _ = connector.made
    assert [word for word in command if "dbname" in word] == [command[1]]
    assert command[1].endswith("/a%20b%3B%24%28touch%20x%29%27%22%25%2F%3F%23")


def failure(call=backup.create):
    with pytest.raises(BackupFailed) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_server(conversation, folder):
    connections[ALIAS].settings_dict.update(HOST="127.0.0.1", PORT=NOBODY_LISTENS, PASSWORD="s3cret")
    words = failure()
    assert "cannot be reached" in words
    assert "s3cret" not in words
    assert names(folder) == []


def test_no_database(conversation, folder):
    connections[ALIAS].settings_dict["NAME"] = "not_there"
    assert 'database "not_there" does not exist' in failure()
    assert names(folder) == []


def test_no_pg_dump(settings, made, folder, tmp_path):
    settings.AISTORE = {**settings.AISTORE, "BACKUP_PROGRAMS": tmp_path}
    assert "pg_dump is not there" in failure()
    assert names(folder) == [made.name]


def test_an_older_pg_dump(settings, made, folder, tmp_path):
    program(tmp_path / "pg_dump", "echo 'pg_dump (PostgreSQL) 14.2'")
    settings.AISTORE = {**settings.AISTORE, "BACKUP_PROGRAMS": str(tmp_path)}
    assert "the newest here is of 14, which refuses what is newer" in failure()
    assert names(folder) == [made.name]


def test_pg_dump_that_fails_half_way(settings, made, folder, tmp_path):
    """What it said, and nothing shown."""
    version = 'case $1 in --version) echo "pg_dump (PostgreSQL) 18.1"; exit;; esac'
    says = f"{version}; echo half; echo 'pg_dump: error: lost' >&2; exit 1"
    program(tmp_path / "pg_dump", says)
    settings.AISTORE = {**settings.AISTORE, "BACKUP_PROGRAMS": str(tmp_path)}
    assert "pg_dump ended: lost" in failure()
    assert names(folder) == [made.name]


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_folder_that_cannot_be_written(conversation, tmp_path):
    (tmp_path / "file").write_text("")
    words = failure(lambda: backup.create(directory=tmp_path / "file" / "backups"))
    assert "Not a directory" in words


def test_a_full_disk(made, folder, monkeypatch):
    """Names the disk; shows nothing; rotates nothing away."""

    def full(*arguments):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(creating.archives, "write", full)
    words = failure(lambda: backup.back_up(keep=1))
    assert f"the disk of {folder} is full" in words
    assert names(folder) == [made.name]


def test_the_database_of_the_app(settings):
    """Unless a direct connection is named, the one that the models are written to."""
    settings.AISTORE = {}
    assert databases.alias() == "default"
