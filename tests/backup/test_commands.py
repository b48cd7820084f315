"""The four commands of backups: what they print, how they end."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from aistore import backup

from .conftest import ALIAS, names, usernames

CHECKOUT = Path(__file__).resolve().parents[2]


def run(*arguments, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_backup(conversation, folder):
    out, err = run("aistore_backup")
    [name] = names(folder)
    assert out.startswith(f"{name}: ")
    assert "verified (archive)" in out
    assert err == ""


def test_backup_says_what_went(made):
    out, _ = run("aistore_backup", "--keep", "1")
    assert out.endswith(f"  {made.name} removed\n")


def test_backup_without_verification_rotates_nothing(made, folder):
    out, _ = run("aistore_backup", "--no-verify", "--keep", "1")
    assert "not verified" in out
    assert len(names(folder)) == 2


def test_backup_as_json(conversation, folder):
    out, _ = run("aistore_backup", "--json")
    found = json.loads(out)
    assert ([found["backup"]["name"]], found["removed"]) == (names(folder), [])
    assert found["backup"]["rows"]["aistore_message"] == 1


def test_backup_of_a_lost_file(conversation, upload):
    upload.file.storage.delete(upload.file.name)
    _, err = run("aistore_backup")
    assert "1 files of uploads are not in their storage" in err


@pytest.mark.parametrize(
    "words", [["--keep", "0"], ["--keep", "-1"], ["--keep", "many"], ["--keep-daily", "x"]]
)
def test_wrong_usage(words):
    with pytest.raises(CommandError, match="is no number from"):
        call_command("aistore_backup", *words)


def test_list(made):
    """One line each, as wide as they are."""
    run("aistore_verify", made.name)
    out, _ = run("aistore_backups")
    header, line = out.splitlines()
    assert header.split() == "name made (UTC) age size ratio verified encrypted where".split()
    assert line.startswith(made.name)
    assert " archive " in line
    assert line.endswith("no         here")


def test_list_of_none(database):
    assert run("aistore_backups")[0] == "There is no backup yet.\n"


def test_list_of_a_damaged_one(made):
    """It is named, and does not hide the others."""
    (made / "manifest.json").write_bytes(b"{}")
    out, err = run("aistore_backups")
    assert "DAMAGED" in out
    assert "its manifest cannot be read" in err


def test_list_as_json(made):
    [found] = json.loads(run("aistore_backups", "--json")[0])
    assert (found["name"], found["verified"], found["is_encrypted"]) == (made.name, None, False)


def test_verify(made):
    out, _ = run("aistore_verify", "--latest", "--deep")
    assert "restored into a scratch database" in out
    assert "1 conversations, 1 messages, 0 memories, 1 uploads; 1 files" in out


def test_verify_what_is_damaged(made):
    (made / "files.jsonl").write_bytes(b"")
    with pytest.raises(CommandError, match=r"files\.jsonl is not what was written"):
        run("aistore_verify", made.name)


@pytest.mark.parametrize("words", [[], ["name", "--latest"]])
def test_verify_one_or_the_newest(words):
    with pytest.raises(CommandError, match=r"name|not allowed"):
        call_command("aistore_verify", *words)


def test_restore_asks(made, owner, database, monkeypatch):
    """It says what there is and what will be, and takes nothing but the name of the database."""
    owner.username = "later"
    owner.save()
    for answer in ("yes", "", "default"):
        monkeypatch.setattr("builtins.input", lambda answer=answer: answer)
        with pytest.raises(CommandError, match="Nothing was restored"):
            run("aistore_restore", made.name)
        assert usernames() == {"later"}
    monkeypatch.setattr("builtins.input", lambda: database)
    out, err = run("aistore_restore", made.name)
    assert f"Type the name of the database, {database}," in err
    assert "now    1 conversations, 1 messages" in err
    assert f"the old database is kept as {database}_before_" in out
    assert usernames() == {"an"}


def test_restore_without_asking(made, owner):
    out, err = run("aistore_restore", made.name, "--no-input", "--drop-old")
    assert f"{made.name} is restored: 1 conversations, 1 messages" in out
    assert err == ""


def test_restore_as_json(made):
    found = json.loads(run("aistore_restore", made.name, "--no-input", "--drop-old", "--json")[0])
    assert (found["name"], found["way"], found["kept_as"]) == (made.name, "swap", None)


def test_restore_of_nothing(database):
    with pytest.raises(CommandError, match="there is nothing at"):
        run("aistore_restore", "aistore-20200101T000000Z", "--no-input")


def test_a_full_disk(made, folder, database):
    """A process that may write no larger file: one line, status 1, nothing shown, nothing rotated away."""
    program = f"""
import resource, django
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
django.setup()
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connections
settings.AISTORE = {{"BACKUP_DATABASE": {ALIAS!r}}}
connections.settings[{ALIAS!r}] = {{**connections.settings["default"], "NAME": {database!r}, "HOST": {host()!r}}}
execute_from_command_line(["manage.py", "aistore_backup", "--keep", "1", "--directory", {str(folder)!r}])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings", "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"CommandError: Nothing was done: the disk of {folder} is full" in done.stderr
    assert done.stderr.count("\n") == 1
    assert names(folder) == [made.name]
    assert backup.verify(made).how == "archive"


def host():
    return connections["default"].settings_dict["HOST"]
