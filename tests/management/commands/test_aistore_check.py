import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from aistore.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(db):
    owner = get_user_model().objects.create(username="an")
    return Conversation.objects.create(owner=owner, message_count=1)


def test_sound_data_is_said_to_be_sound(capsys):
    call_command("aistore_check", data=True)
    assert "are right" in capsys.readouterr().out


def test_broken_data_is_an_error_that_names_the_conversation(broken, capsys):
    with pytest.raises(CommandError, match="1 rule is broken"):
        call_command("aistore_check", data=True)
    assert f"counter  {broken.pk}  message_count is 1, there are 0" in capsys.readouterr().out


def test_as_json(broken, capsys):
    with pytest.raises(CommandError):
        call_command("aistore_check", data=True, json=True)
    report = json.loads(capsys.readouterr().out)
    assert report["is_sound"] is False
    assert report["findings"][0]["rule"] == "counter"


def test_what_to_check_must_be_said():
    with pytest.raises(CommandError, match="--data"):
        call_command("aistore_check")
