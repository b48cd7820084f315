"""How the servers start, and what keeps them from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from project.services.launch import LOG_BYTES, put_aside
from project.services.places import CHECKOUT, Places
from tests.project.actors import User, environment, manage, servers_of, sql


def test_a_server_that_does_not_start(folder: Path) -> None:
    """One line with PostgreSQL's own reason, and nothing keeps running."""
    (Places(folder).sockets / ".s.PGSQL.5432").mkdir(parents=True)
    done = manage("migrate", folder=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("ServicesError: The embedded servers did not start: postgres: ")
    assert "FATAL:  could not" in done.stderr
    assert servers_of(folder) == []


def test_a_supervisor_that_dies(folder: Path) -> None:
    """It is not taken for one that has started."""
    (folder / "supervisor.log").mkdir()
    done = manage("migrate", folder=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("ServicesError: The embedded servers did not start: the supervisor died")


def test_a_pid_file_that_lies(folder: Path) -> None:
    """After a crash of the machine the pid in it may be anybody's."""
    (folder / "servers/pg18/postmaster.pid").write_text(f"{os.getpid()}\n{folder}/servers/pg18\n")
    with User(folder):
        assert sql(folder, "SELECT 1") == 1


def test_an_interrupted_creation(empty_folder: Path) -> None:
    """Half a cluster is made anew."""
    (empty_folder / "servers/new-cluster/base").mkdir(parents=True)
    with User(empty_folder):
        assert sql(empty_folder, "SELECT 1") == 1
    assert not (empty_folder / "servers/new-cluster").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """It says which, why, and what to set."""
    (tmp_path / "file").touch()
    done = manage("migrate", folder=tmp_path / "file/.services", SECRET_KEY="x")
    assert done.returncode == 1
    assert "file/.services: Not a directory. Set AISTORE_SERVICES_DIR" in done.stderr


@pytest.mark.parametrize("module", ["project.wsgi", "project.asgi"])
def test_a_web_server_starts_them(folder: Path, module: str) -> None:
    """Before the first request, which need not wait for them."""
    code = f"from project import services; import {module}; print(sorted(services.running()))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(folder), cwd=CHECKOUT, capture_output=True
    )
    assert done.stdout.decode() == "['postgres', 'valkey']\n"


def test_dbshell_brings_its_psql(folder: Path) -> None:
    """And starts the server if need be."""
    done = manage("dbshell", "--", "-Atc", "\\echo :VERSION_NAME :SERVER_VERSION_NAME", folder=folder)
    assert (done.stdout, done.stderr) == ("18.6 18.6\n", "")


def test_long_logs_are_put_aside(tmp_path: Path) -> None:
    """One old one is kept."""
    (tmp_path / "postgres.log").write_bytes(b"x" * (LOG_BYTES + 1))
    (tmp_path / "valkey.log").write_bytes(b"x" * LOG_BYTES)
    for name in ("postgres", "valkey", "supervisor"):
        put_aside(tmp_path / f"{name}.log")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres.log.old", "valkey.log"]
