"""aistore_demo."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from aistore import demo


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(demo.load, "__kwdefaults__", {"owner_name": "admin", "small": 20})


def test_says_what_it_did(db, capsys, client):
    """Counts in words, and a password that opens the account."""
    call_command("aistore_demo")
    text = capsys.readouterr().out
    assert "64 conversations" in text
    password = text.split("with the password ")[1].split()[0]
    assert client.login(username="admin", password=password)


def test_again(db, capsys):
    """The second time there is nothing new, and no password."""
    call_command("aistore_demo")
    capsys.readouterr()
    call_command("aistore_demo")
    text = capsys.readouterr().out
    assert "All of it was there already." in text
    assert "password" not in text


def test_owner(db, capsys):
    """The demo may be loaded for somebody else."""
    call_command("aistore_demo", "--owner", "lena")
    assert "Sign in as lena" in capsys.readouterr().out


def test_no_tables(db):
    """One line says what is missing and what to do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aistore_upload RENAME TO elsewhere")
    with pytest.raises(
        CommandError, match=r"^The demo was not loaded: .*aistore_upload.* Run manage.py migrate"
    ):
        call_command("aistore_demo")


def test_json(db, capsys):
    """The result as JSON, and nothing else."""
    call_command("aistore_demo", "--json")
    result = json.loads(capsys.readouterr().out)
    assert result["conversations"] == {"total": 64, "new": 64}
    assert result["owner"] == "admin"
    assert result["password"]
