"""The project's settings."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

from project import secret_key
from project.services.places import CHECKOUT


@pytest.mark.django_db
def test_the_servers_are_those_of_this_run() -> None:
    """Tests never meet the data of development."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW unix_socket_directories")
        assert Path(cursor.fetchone()[0]).parent.name.startswith("aistore-tests-")


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_cache_is_empty_before_each_test(attempt: int) -> None:
    """No test sees what another one has cached."""
    assert cache.add("a", attempt)


def settings_with(**environment: str) -> "subprocess.CompletedProcess[str]":
    code = (
        "from project.settings import *; print(DATABASES['default']['ENGINE'], CACHES['default']['LOCATION'])"
    )
    names = ("DATABASE_URL", "CACHE_URL", "SECRET_KEY", "DEBUG")
    given = {name: value for name, value in os.environ.items() if name not in names} | environment
    return subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=given, capture_output=True, text=True
    )


def last_line(done: "subprocess.CompletedProcess[str]") -> str:
    return (done.stdout + done.stderr).splitlines()[-1]


def test_production_without_a_database() -> None:
    """Never an embedded server: it says what to set."""
    done = settings_with(DEBUG="0", SECRET_KEY="x", CACHE_URL="redis://x")
    assert last_line(done).startswith(
        "django.core.exceptions.ImproperlyConfigured: DEBUG is off and DATABASE_URL is"
    )


def test_production_without_a_cache() -> None:
    """The same for the cache."""
    done = settings_with(DEBUG="0", SECRET_KEY="x", DATABASE_URL="postgres://x/y")
    assert last_line(done).startswith(
        "django.core.exceptions.ImproperlyConfigured: DEBUG is off and CACHE_URL is"
    )


def test_production_without_a_secret_key() -> None:
    """The one of development is never used for it."""
    done = settings_with(DEBUG="0", DATABASE_URL="postgres://x/y", CACHE_URL="redis://x")
    assert last_line(done).startswith(
        "django.core.exceptions.ImproperlyConfigured: DEBUG is off and SECRET_KEY is"
    )


def test_addresses_of_servers_that_run_elsewhere() -> None:
    """They are used as they are given, each for itself."""
    done = settings_with(DATABASE_URL="postgres://x/y")
    assert done.stdout.startswith("django.db.backends.postgresql unix://")
    done = settings_with(CACHE_URL="redis://elsewhere:1234/5")
    assert done.stdout == "project.postgresql redis://elsewhere:1234/5\n"


def test_the_secret_key_is_made_once(tmp_path: Path) -> None:
    """A restart logs nobody out; nobody else can read it."""
    path = tmp_path / "new/secret_key"
    key = secret_key.for_development(path, debug=True)
    assert len(key) >= 50
    assert secret_key.for_development(path, debug=True) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
