"""`manage.py services`: for people, and as JSON."""

import json
import os
from pathlib import Path

from tests.project.actors import manage, servers_of, sql
from tests.project.services.test_lifetime import OUTLASTING_A_TICK


def test_start_status_and_stop(folder: Path) -> None:
    """Started by hand they stay without any user, until they are stopped by hand."""
    started = manage("services", "start", folder=folder)
    assert "postgres  18" in started.stdout
    status = json.loads(manage("services", "status", "--json", folder=folder).stdout)
    assert [server["name"] for server in status["servers"]] == ["postgres", "valkey"]
    assert {server["pid"] for server in status["servers"]} <= set(servers_of(folder))
    assert status["servers"][0]["connect"] == f"psql -h {folder}/servers -U postgres aistore"
    # Nobody holds them, and nobody wants them to linger.
    os.utime(folder / "users.lock", (0, 0))
    assert (status["is_kept"], sql(folder, OUTLASTING_A_TICK)) == (True, 1)
    stopped = manage("services", "stop", folder=folder)
    assert stopped.stdout.startswith("Nothing runs.")
    assert servers_of(folder) == []


def test_nothing_to_start(tmp_path: Path) -> None:
    """With both addresses given there is nothing of ours."""
    addresses = {"DATABASE_URL": "postgres://x/y", "CACHE_URL": "redis://x"}
    done = manage("services", "start", folder=tmp_path / "a", **addresses)
    assert done.returncode == 1
    assert done.stderr == "ServicesError: DATABASE_URL and CACHE_URL are set: there is nothing to start.\n"
