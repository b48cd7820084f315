"""`manage.py test` is pytest."""

from pathlib import Path

import pytest

from project.testrunner import in_pytests_words
from tests.project.actors import manage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tests/project -k demo -x", "tests/project -k demo -x"),
        ("--keepdb --failfast --noinput", "--reuse-db --exitfirst"),
        ("-v 2 -v", "--verbosity=1 -v"),
        ("--verbosity=0 --settings project.settings --settings=x", "--verbosity=-1"),
        ("--timing --debug-mode", "--durations=10 --django-debug-mode=true"),
    ],
)
def test_djangos_options_are_understood(arguments: str, words: str) -> None:
    """And everything else is left to pytest."""
    assert " ".join(in_pytests_words(arguments.split())) == words


@pytest.mark.parametrize(("count", "workers"), [([], "auto"), (["2"], "2")])
def test_in_parallel(count: list[str], workers: str) -> None:
    """Django's --parallel becomes pytest-xdist's -n."""
    assert list(in_pytests_words(["--parallel", *count])) == ["-n", workers]


def test_the_exit_code_is_pytests(tmp_path: Path) -> None:
    """Here 5, which is none of Django's: there was no test."""
    done = manage("test", "-c", "/dev/null", "-p", "no:django", str(tmp_path), folder=tmp_path)
    assert done.returncode == 5
    assert "no tests ran" in done.stdout


def test_help(tmp_path: Path) -> None:
    """It names what is ours; the hundred options of pytest are a command away."""
    done = manage("test", "--help", folder=tmp_path)
    assert done.returncode == 0
    assert "python -m pytest --help" in done.stdout
