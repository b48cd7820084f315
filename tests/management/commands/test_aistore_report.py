import json

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db(transaction=True)


def test_prints_the_block(capsys):
    call_command("aistore_report")
    printed = capsys.readouterr().out
    assert "DATABASE PERFORMANCE REPORT" in printed
    assert "Period: last hour" in printed


def test_as_json(capsys):
    call_command("aistore_report", json=True)
    assert json.loads(capsys.readouterr().out)["since"] == 3600.0


def test_as_a_page(tmp_path, capsys):
    """Into a file, and nothing else is printed."""
    call_command("aistore_report", "--html", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out == ""


def test_no_such_folder(tmp_path):
    """One line that says why and what to do."""
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("aistore_report", "--html", str(tmp_path / "none" / "report.html"))


def test_since(capsys):
    call_command("aistore_report", "--since", "15m")
    assert "Period: last 15 minutes" in capsys.readouterr().out


def test_no_time():
    with pytest.raises(CommandError, match="write 15m, 1h or 1d"):
        call_command("aistore_report", "--since", "yesterday")
