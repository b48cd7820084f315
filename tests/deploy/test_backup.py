"""The texts for schedulers are what their own tools take, and call what the command takes."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import load_command_class

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TEXTS = ["backup.crontab", "aistore-backup.service", "backup-cronjob.yaml", "backup-task.ps1"]


def commands(text):
    """What stands behind manage.py, up to what belongs to the scheduler."""
    plain = re.sub(r'[",\[\]]', " ", text)
    lines = re.findall(r"manage\.py +(aistore_[^>\n`]*?)(?: -Work.*|>.*)?$", plain, re.MULTILINE)
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("name", TEXTS)
def test_commands(name):
    found = commands((DEPLOY / name).read_text())
    assert found
    for command, *arguments in found:
        load_command_class("aistore", command).create_parser("manage.py", command).parse_args(arguments)


def test_crontab():
    crontab = pytest.importorskip("crontab")
    jobs = list(crontab.CronTab(tab=(DEPLOY / "backup.crontab").read_text()))
    assert [(job.is_valid(), str(job.slices)) for job in jobs] == [(True, "0 2 * * *"), (True, "30 4 1 * *")]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd():
    """But for the program, which is not installed here."""
    units = [DEPLOY / f"aistore-backup.{kind}" for kind in ("timer", "service")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "aistore-backup" in line]
    assert [line for line in said if "is not executable" not in line] == []


def test_kubernetes():
    validate = pytest.importorskip("kubernetes_validate")
    yaml = pytest.importorskip("yaml")
    cronjob = yaml.safe_load((DEPLOY / "backup-cronjob.yaml").read_text())
    validate.validate(cronjob, "1.30", strict=True)  # raises
