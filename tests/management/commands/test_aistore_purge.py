import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from aistore import privacy
from aistore.models import Conversation, Message

from ...models.streams import last_sign_of_life
from ...models.unmatched import lay_down, names_in


@pytest.fixture(autouse=True)
def dead_stream(db):
    owner = get_user_model().objects.create(username="an")
    reply = Conversation.objects.create(owner=owner).append("assistant", "half a", status="streaming")
    last_sign_of_life(reply, seconds=16)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_it_says_what_it_did(capsys):
    call_command("aistore_purge")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["1 dead stream was marked failed", "0 files were removed that no upload has"]
    assert Message.objects.get().status == "failed"


def test_a_dry_run_says_what_it_would_do(capsys, media):
    """The files by name."""
    name = lay_down(hours_ago=7)
    call_command("aistore_purge", dry_run=True)
    assert capsys.readouterr().out.splitlines() == [
        "1 dead stream would be marked failed",
        "1 file would be removed that no upload has",
        f"  {name}",
    ]
    assert Message.objects.get().status == "streaming"
    assert names_in(media) == [name]


def test_more_names_than_are_shown_are_counted(capsys, monkeypatch):
    monkeypatch.setattr(privacy, "SHOWN", 2)
    for _ in range(5):
        lay_down(hours_ago=7)
    call_command("aistore_purge", dry_run=True)
    assert capsys.readouterr().out.splitlines()[-1] == "  and 3 more"


def test_as_json(capsys):
    name = lay_down(hours_ago=7)
    call_command("aistore_purge", json=True)
    assert json.loads(capsys.readouterr().out) == {"dead_streams": 1, "files": 1, "file_names": [name]}


@pytest.mark.parametrize("command", ["aistore_purge", "aistore_check"])
def test_a_storage_that_is_out_of_reach(settings, tmp_path, command):
    """One line that says which storage, and why; no traceback."""
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.touch()
    with pytest.raises(
        CommandError, match=r"The storage 'default' of uploads cannot be asked .* Not a directory"
    ):
        call_command(command, **({"data": True} if command == "aistore_check" else {}))
