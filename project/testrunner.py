"""`manage.py test` is pytest: what stands behind `test` goes to it, in its own words or in Django's."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

CHECKOUT = Path(__file__).resolve().parent.parent

# Django's words for what pytest calls otherwise. What is not in here pytest may know, or refuse.
DJANGO_OPTIONS = {
    "--failfast": ["--exitfirst"],
    "--keepdb": ["--reuse-db"],
    "--timing": ["--durations=10"],
    "--debug-mode": ["--django-debug-mode=true"],
    "--no-color": ["--color=no"],
    "--force-color": ["--color=yes"],
    "--noinput": [],
    "--no-input": [],
    "--interactive": [],
}


class PytestRunner:
    """Django's TEST_RUNNER: becomes `python -m pytest` under the same process id, so that a kill hits it."""

    def __init__(self, **options: Any) -> None:
        """Django's options, when it is called from Python; none is needed."""

    def run_tests(self, test_labels: Sequence[str]) -> NoReturn:
        command = pytest_command(test_labels)
        if not Path.cwd().is_relative_to(CHECKOUT):
            os.chdir(CHECKOUT)
        sys.stdout.flush()
        if os.name == "nt":
            sys.exit(subprocess.run(command).returncode)
        os.execv(sys.executable, command)  # noqa: S606


def pytest_command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *in_pytests_words(arguments)]


def in_pytests_words(arguments: Sequence[str]) -> Iterator[str]:
    """Translate Django's options; everything else is left alone."""
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, _, value = word.partition("=")
        if name in ("--settings", "--pythonpath"):
            # manage.py has read them and put them into the environment.
            value or rest.pop(0)
        elif name in ("-v", "--verbosity") and (value or next_is_number(rest)):
            yield f"--verbosity={int(value or rest.pop(0)) - 1}"
        elif name == "--parallel":
            yield from in_parallel(value or (rest.pop(0) if next_is_number(rest) else "auto"))
        else:
            yield from DJANGO_OPTIONS.get(word, [word])


def next_is_number(rest: list[str]) -> bool:
    return bool(rest) and rest[0].isdecimal()


def in_parallel(workers: str) -> list[str]:
    if find_spec("xdist"):
        return ["-n", workers]
    sys.stderr.write("pytest-xdist is not installed: the tests run one after the other.\n")
    return []
