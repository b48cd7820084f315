"""Where a statement came from, in words that are nobody's secret."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from aistore.performance.origin import caller, origin, program


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["manage.py", "aistore_import", "/home/an/secret.zip", "--owner", "an"], "manage.py aistore_import"),
        (["/srv/app/manage.py", "migrate"], "manage.py migrate"),
        (["/usr/bin/django-admin", "migrate"], "manage.py migrate"),
        (["manage.py", "--help"], "manage.py"),
        (["/srv/bin/gunicorn", "--bind", "secret"], "gunicorn"),
        (["/usr/bin/celery", "worker"], "celery"),
        ([""], "python"),
        ([], "python"),
    ],
)
def test_program(argv, name, monkeypatch):
    """The command or the server, without its arguments and without the folder it lies in."""
    monkeypatch.setattr(sys, "argv", argv)
    assert program() == origin() == name


def test_caller():
    """The file from where it is imported, and the line."""
    assert caller() == f"tests/performance/test_origin.py:{sys._getframe().f_lineno}"


def test_no_caller():
    """A thread in which only libraries run has none."""
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(caller).result() == ""
