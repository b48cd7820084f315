"""manage.py where Django is not to be found: it makes .venv and starts again inside, or says why not."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from project import bootstrap
from project.services.places import CHECKOUT
from tests.project.actors import until

# The Python that this one's virtual environment was made of: without Django, if all is well.
PYTHON = sys._base_executable  # type: ignore[attr-defined]

FAKE_DJANGO = """
import json, sys
def execute_from_command_line(argv):
    print(json.dumps({"prefix": sys.prefix, "argv": argv}))
"""


@dataclass(frozen=True)
class Checkout:
    """manage.py and what it needs to set itself up, with a Django of three lines to be installed."""

    folder: Path

    def start(self, *arguments: str, python: str = PYTHON, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [python, "manage.py", *arguments],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, python: str = PYTHON, **environment: str) -> tuple[int, str, str]:
        process = self.start(*arguments, python=python, **environment)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv/aistore-stamp"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return check_out(tmp_path / "checkout")


def check_out(folder: Path) -> Checkout:
    (folder / "project").mkdir(parents=True)
    for name in ("manage.py", "project/__init__.py", "project/bootstrap.py", "project/virtualenv.py"):
        shutil.copy(CHECKOUT / name, folder / name)
    (folder / "requirements.txt").write_text(f"--no-index\n--find-links {folder}\nDjango==1\n")
    with zipfile.ZipFile(folder / "django-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("django/core/management/__init__.py", FAKE_DJANGO)
        wheel.writestr("django-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: Django\nVersion: 1\n")
        wheel.writestr("django-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("django-1.dist-info/RECORD", "")
    return Checkout(folder)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that was interrupted while it was set up, and then set up by two at once."""
    if not subprocess.run([PYTHON, "-c", "import django"], capture_output=True).returncode:
        pytest.skip(f"{PYTHON} has a Django of its own, so that manage.py makes nothing")
    checkout = check_out(tmp_path_factory.mktemp("ready") / "checkout")
    interrupted = checkout.start("check")
    assert until(checkout.stamp.exists)
    os.killpg(interrupted.pid, signal.SIGINT)
    assert interrupted.communicate()[1].endswith("\nInterrupted. The next run begins anew.\n")
    assert interrupted.returncode == 130
    first, second = checkout.start("check"), checkout.start("check")
    said = first.communicate()[1] + second.communicate()[1]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert said.count("Another manage.py has set it up meanwhile") == 1
    return checkout


def test_it_starts_again_inside(ready: Checkout) -> None:
    """The same command, in .venv, without a word once that is there."""
    status, out, err = ready.run("migrate", "--plan")
    assert json.loads(out) == {
        "prefix": str(ready.folder / ".venv"),
        "argv": ["manage.py", "migrate", "--plan"],
    }
    assert (status, err) == (0, "")


def test_changed_requirements_are_installed(ready: Checkout) -> None:
    """After a `git pull` nobody has to think of it."""
    with (ready.folder / "requirements.txt").open("a") as requirements:
        requirements.write("# changed\n")
    assert "Set up in" in ready.run("check")[2]
    assert ready.run("check")[2] == ""


def test_a_package_that_has_gone(ready: Checkout) -> None:
    """Somebody has uninstalled it by hand: no endless circle, and the next run repairs."""
    shutil.rmtree(next(ready.folder.glob(".venv/lib/*/site-packages/django")))
    status, _, err = ready.run("check")
    assert status == 1
    assert err == f"A package has gone from {ready.folder / '.venv'}. Run this again to have it repaired.\n"
    assert not ready.stamp.exists()


def test_no_network(ready: Checkout) -> None:
    """One sentence with the remedy, not the fifty lines of pip."""
    (ready.folder / "requirements.txt").write_text(
        "--index-url http://127.0.0.1:9/simple\nno-such-package==1\n"
    )
    status, _, err = ready.run("check", PIP_RETRIES="1")
    assert status == 1
    assert err.splitlines()[1].startswith("The package index cannot be reached. Connect to the network")


def test_not_inside_an_active_environment(checkout: Checkout, tmp_path: Path) -> None:
    """Whoever has made one wants to decide what is in it."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", tmp_path / "mine"], check=True)
    status, _, err = checkout.run("check", python=str(tmp_path / "mine/bin/python"))
    assert status == 1
    assert err.splitlines() == [
        f"Packages are missing in the active virtual environment {tmp_path / 'mine'}. Install them:",
        "    python -m pip install -r requirements.txt",
    ]
    assert not (checkout.folder / ".venv").exists()


def test_not_with_no_bootstrap(checkout: Checkout) -> None:
    """Containers and build machines install by themselves."""
    status, _, err = checkout.run("check", AISTORE_NO_BOOTSTRAP="1")
    assert status == 1
    assert err.splitlines()[1] == "    python -m pip install -r requirements.txt"
    assert not (checkout.folder / ".venv").exists()


def test_no_ensurepip(checkout: Checkout, tmp_path: Path) -> None:
    """As on Debian without python3-venv."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    status, _, err = checkout.run("check", PYTHONPATH=str(tmp_path))
    assert status == 1
    assert "sudo apt install python3-venv" in err


def test_a_folder_that_cannot_be_written(checkout: Checkout) -> None:
    """What, why, and what to do; no traceback."""
    (checkout.folder / ".venv.lock").mkdir()
    status, _, err = checkout.run("check")
    assert status == 1
    assert err.splitlines()[1].startswith(
        f"Cannot write to {checkout.folder}: Is a directory. Put the checkout"
    )


OLD_PYTHONS = [
    python
    for python in Path.home().glob(".pyenv/versions/*/bin/python")
    if tuple(map(int, python.parts[-3].split(".")[:2])) < bootstrap.OLDEST_PYTHON
]


@pytest.mark.skipif(not OLD_PYTHONS, reason="no old Python is here")
@pytest.mark.parametrize("python", OLD_PYTHONS, ids=lambda python: python.parts[-3])
def test_an_old_python(checkout: Checkout, python: Path) -> None:
    """It says that it is too old; it does not fail over words that it does not know."""
    status, _, err = checkout.run("check", python=str(python))
    assert status == 1
    assert err.startswith(f"aistore needs Python 3.11 or newer, and this is {python.parts[-3]} (")
    assert len(err.splitlines()) == 1


def test_settings_without_the_other_packages() -> None:
    """A machine may have Django, but not the rest: manage.py gets as far as the settings."""
    code = "import sys; sys.modules['environ'] = None; sys.argv = ['manage.py']; import project.settings"
    environment = os.environ | {"AISTORE_NO_BOOTSTRAP": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )
    assert done.stderr.startswith("Packages are missing, and AISTORE_NO_BOOTSTRAP is set.")


def test_elsewhere_than_in_manage_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server that lacks a package gets its ImportError."""
    monkeypatch.setattr(sys, "argv", ["gunicorn"])
    assert bootstrap.run_for_manage() is None
