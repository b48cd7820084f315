"""aistore_import, as a person or a script calls it."""

import io
import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from aistore.models import Conversation
from tests.interop.files import gzipped, lines, several


@pytest.fixture(autouse=True)
def owner(db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def file(tmp_path):
    def write(*conversations):
        (tmp_path / "x.jsonl").write_bytes(lines(*conversations))
        return str(tmp_path / "x.jsonl")

    return write


def run(*arguments, owner="an"):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("aistore_import", *arguments, owner=owner, stdout=out, stderr=err)
        error = None
    except CommandError as caught:
        error = caught
    return out.getvalue(), err.getvalue(), error


def test_summary(file):
    out, err, error = run(file(*several(2)))
    assert "2 conversations new, 0 extended, 0 unchanged, 0 skipped; 2 messages." in out
    assert (err, error) == ("", None)


def test_json(file):
    out, _, _ = run(file(*several(2)), "--json")
    assert json.loads(out)["new"] == 2


def test_dry_run(file):
    out, _, _ = run(file(*several(2)), "--dry-run")
    assert out.startswith("Would be imported")
    assert Conversation.objects.count() == 0


def test_skipped_conversations_are_said_and_the_exit_status_is_one(file):
    out, err, error = run(file({"id": "bad", "messages": [{"role": 5}]}, *several(1)))
    assert err.startswith("Conversation 'bad' was skipped: messages[0].role")
    assert "1 conversations new, 0 extended, 0 unchanged, 1 skipped" in out
    assert (str(error), error.returncode) == ("1 could not be imported; the rest was.", 1)


def test_twenty_lines_are_enough(file):
    bad = [{"id": f"bad {number}", "messages": [{"role": 5}]} for number in range(25)]
    _, err, error = run(file(*bad, *several(1)))
    assert err.count("was skipped") == 20
    assert "and 5 more" in err
    assert str(error).startswith("25 could not")


def test_warnings_are_no_failure(file):
    _, err, error = run(file({"id": "x", "messages": [{"role": "user", "parent": 7}]}))
    assert "was kept as a first message" in err
    assert error is None


def test_missing_file():
    _, _, error = run("/nowhere")
    assert (str(error), error.returncode) == (
        "/nowhere cannot be read: there is no such file. Check the path.",
        1,
    )


def test_unknown_owner(file):
    _, _, error = run(file(*several(1)), owner="ann")
    assert (str(error), error.returncode) == ("There is no owner 'ann'. Near: an.", 1)


def test_unknown_format_is_wrong_usage(file, capsys):
    with pytest.raises(CommandError, match="invalid choice: 'toml'"):
        call_command("aistore_import", file(*several(1)), "--owner", "an", "--format", "toml")


def test_bar_on_a_terminal_only(tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    (tmp_path / "x.gz").write_bytes(gzipped(lines(*several(5))))
    terminal = Terminal()
    call_command("aistore_import", tmp_path / "x.gz", owner="an", stdout=io.StringIO(), stderr=terminal)
    assert "Importing" in terminal.getvalue()
