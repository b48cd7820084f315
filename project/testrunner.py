"""`manage.py test` is pytest."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

CHECKOUT = Path(__file__).resolve().parent.parent


class PytestRunner:
    """Django's TEST_RUNNER: becomes `python -m pytest`, with the same process id, so that a kill hits the tests."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def run_tests(self, test_labels: Sequence[str]) -> NoReturn:
        command = [sys.executable, "-m", "pytest", *test_labels]
        if not Path.cwd().is_relative_to(CHECKOUT):
            os.chdir(CHECKOUT)
        sys.stdout.flush()
        if os.name == "nt":
            sys.exit(subprocess.run(command).returncode)
        os.execv(sys.executable, command)
