"""Killed at any moment: no half backup is shown, and no database is half restored."""

import json
import os
import random
import signal
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from aistore import backup
from aistore.exceptions import BackupRunning
from project import services

from ..project.actors import until
from .conftest import ALIAS, names, usernames

BACKUPS, RESTORES = 12, 8  # that are killed


@pytest.fixture(scope="module")
def mortal():
    """Orders in, answers out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.backup.mortal"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    process.wait(20)
    process.stdout.close()


@pytest.fixture
def run(mortal, database, settings, tmp_path):
    """Do it, or be killed at this moment."""
    order = {
        "settings": settings.AISTORE,
        "database": {"NAME": database, "HOST": connections[ALIAS].settings_dict["HOST"]},
        "media": str(tmp_path / "media"),
    }
    assert services.running() or os.environ.get("DATABASE_URL")

    def run(call, moment=None, **arguments):
        line = json.dumps({**order, "call": call, "arguments": arguments, "moment": moment})
        mortal.stdin.write(f"{line}\n")
        mortal.stdin.flush()
        return json.loads(mortal.stdout.readline())

    return run


def moments(run, count, call, **arguments):
    """So many, anywhere in the call; another choice every time."""
    total = run(call, **arguments)["moments"]
    assert total > 10 * count
    chosen = random.Random().sample(range(1, total), count)
    print(f"{call} has {total} moments; killed at {chosen}")  # noqa: T201  (shown when the test fails)
    return chosen


def test_backups(made, run, folder):
    """Each that is shown is whole; the one from before is never gone, though all are told to keep one."""
    for moment in moments(run, BACKUPS, "back_up", keep=1):
        assert run("back_up", moment, keep=1) == {"signal": signal.SIGKILL}
        shown = [one.name for one in backup.backups()]
        assert shown
        for name in shown:
            backup.verify(name)
    backup.back_up(keep=1)
    assert len(names(folder)) == 1


@pytest.mark.parametrize("way", ["swap", "transaction"])
def test_restores(made, run, way):
    """The database is the old one or the new one, and never anything else."""
    then, now = {"an"}, {"an", "later"}
    seen = []
    for moment in moments(
        run, RESTORES if way == "swap" else RESTORES // 2, "restore", name=made.name, way=way
    ):
        connections[ALIAS].close()  # it was told to leave
        get_user_model().objects.using(ALIAS).get_or_create(username="later")
        assert run("restore", moment, name=made.name, way=way) == {"signal": signal.SIGKILL}
        seen.append(usernames())
    assert [one for one in seen if one not in (then, now)] == []
    assert until(restored(made.name))
    assert usernames() == then


def restored(name):
    """As soon as the server has heard that the killed one is gone, who had the lock."""

    def attempt():
        try:
            return backup.restore(name, keep_old=False)
        except BackupRunning:
            return None

    return attempt
