"""Another text search configuration."""

import pytest
from django.core.management import CommandError, call_command

from aistore.models import Message, reindexing


@pytest.fixture
def runs(conversation, owner):
    conversation.append("user", "He was running home")
    return Message.objects.owned_by(owner)


def test_with_a_stemmer(runs, settings, capsys):
    """After a change of the setting, what is stored is found by its stems too, and what comes later."""
    assert not runs.search("runs ")
    settings.AISTORE = {"SEARCH_CONFIG": "english"}
    call_command("aistore_reindex")
    assert capsys.readouterr().out == "The words are made anew.\n"
    Message.objects.get().conversation.append("user", "They ran and run")
    assert len(runs.search("running ")) == 2
    assert len(runs.search("he was ")) == 1


def test_made_so_already(runs, capsys):
    call_command("aistore_reindex")
    assert capsys.readouterr().out == "The words are made so already.\n"


def test_by_force(runs):
    """The words come back the same."""
    assert reindexing.reindex(force=True)
    assert len(runs.search("running")) == 1


def test_an_unknown_configuration(runs, settings):
    """Changes nothing."""
    settings.AISTORE = {"SEARCH_CONFIG": "klingon"}
    with pytest.raises(CommandError, match=r"klingon.*Known are"):
        call_command("aistore_reindex")
    assert len(runs.search("running")) == 1
