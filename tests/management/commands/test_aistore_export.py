"""aistore_export, as a person or a script calls it."""

import io
import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from aistore.models import Conversation


@pytest.fixture(autouse=True)
def owner(db):
    owner = get_user_model().objects.create(username="an")
    for title in ("one", "two"):
        Conversation.objects.create(owner=owner, title=title, external_id=title).append(
            "user", "Hello \u2028"
        )
    return owner


def run(*arguments):
    out = io.StringIO()
    call_command("aistore_export", "--owner", "an", *arguments, stdout=out)
    return out.getvalue()


def titles(text):
    return [json.loads(line)["title"] for line in text.split("\n") if line]


def test_standard_output():
    assert titles(run()) == ["one", "two"]


def test_standard_output_as_bytes(capfdbinary):
    call_command("aistore_export", "--owner", "an")
    assert titles(capfdbinary.readouterr().out.decode()) == ["one", "two"]


def test_file(tmp_path):
    assert run("--output", str(tmp_path / "x.jsonl")).startswith("2 conversations written to ")
    assert titles((tmp_path / "x.jsonl").read_text()) == ["one", "two"]


def test_markdown():
    assert run("--format", "markdown").startswith("# one\n")


def test_one_conversation_by_either_id(owner):
    assert titles(run("--conversation", "two")) == ["two"]
    assert titles(run("--conversation", str(owner.conversations.get(title="one").pk))) == ["one"]


def test_conversation_of_another_owner():
    other = get_user_model().objects.create(username="binh")
    theirs = Conversation.objects.create(owner=other)
    with pytest.raises(CommandError, match="There is no conversation"):
        run("--conversation", str(theirs.pk))


def test_folder_that_is_not_there():
    with pytest.raises(CommandError, match=r"/nowhere/x cannot be written: No such file or directory\."):
        run("--output", "/nowhere/x")


def test_unknown_owner():
    with pytest.raises(CommandError, match=r"There is no owner 'bo'\."):
        call_command("aistore_export", "--owner", "bo")
