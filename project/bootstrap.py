"""Where manage.py goes when Django is not to be found: see `virtualenv`.

This file is for the Pythons that aistore does not run on. Down to 2.7 they can read it (no f-strings, no
annotations), so that they say in one sentence that they are old, and not `SyntaxError`.
"""
# ruff: noqa: UP032

import os
import sys

OLDEST_PYTHON = (3, 11)


def run_for_manage():
    """The same as `run` where manage.py is what runs; elsewhere it returns."""
    if os.path.basename(sys.argv[0]) == "manage.py":
        run()


def run():
    """Start this command again inside .venv, which is made first if need be. Does not return."""
    if sys.version_info < OLDEST_PYTHON:
        version = "{}.{}.{}".format(*sys.version_info)
        sentence = "aistore needs Python 3.11 or newer, and this is {} ({}). {}"
        sys.exit(sentence.format(version, sys.executable, where_to_find_a_newer_one()))
    from project import virtualenv

    virtualenv.enter()


def where_to_find_a_newer_one():
    for minor in range(OLDEST_PYTHON[1] + 9, OLDEST_PYTHON[1] - 1, -1):
        name = "python3.{}".format(minor)
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if os.access(os.path.join(folder, name), os.X_OK):
                return "{0} is here as well: {0} {1}".format(name, " ".join(sys.argv))
    return "Install one from https://www.python.org/downloads/ and run manage.py with it."
