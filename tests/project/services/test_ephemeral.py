"""Folders of servers that last for one test run."""

import subprocess
import sys
from pathlib import Path

from project.services.places import CHECKOUT

CREATE = "from project.services import ephemeral; print(ephemeral.create().folder)"


def python(code: str, temporary: Path) -> str:
    environment = {"TMPDIR": str(temporary), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_one_without_servers_goes_with_its_process(tmp_path: Path) -> None:
    """Tests that need no server leave nothing either."""
    assert python(CREATE, tmp_path).startswith(f"{tmp_path}/aistore-tests-")
    assert list(tmp_path.iterdir()) == []


def test_a_forgotten_one_goes_with_the_next_run(tmp_path: Path) -> None:
    """The process was killed before it had a supervisor, or together with it."""
    forgotten = python(f"{CREATE}; import os, sys; sys.stdout.flush(); os._exit(0)", tmp_path)
    assert Path(forgotten).exists()
    python(CREATE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_in_use_stays(tmp_path: Path) -> None:
    """Two runs at the same time do not harm each other."""
    another = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CREATE!r}], stdout=subprocess.DEVNULL)"
    code = f"from project.services import ephemeral; places = ephemeral.create(); {another}"
    assert python(f"{code}; print(places.users_lock.exists())", tmp_path) == "True"
