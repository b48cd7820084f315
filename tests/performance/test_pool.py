"""The size of the pool: presets of a host, divided by its processes, overridden key by key."""

import copy
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from psycopg_pool import ConnectionPool

from aistore.performance import pool


def test_presets():
    """Small, medium and large, as they are documented; nobody can change them."""
    sizes = {name: (preset.min_size, preset.max_size) for name, preset in pool.PRESETS.items()}
    assert sizes == {"small": (10, 20), "medium": (20, 50), "large": (50, 100)}
    assert {(one.timeout, one.max_lifetime) for one in pool.PRESETS.values()} == {(30.0, 1800.0)}
    with pytest.raises(FrozenInstanceError):
        pool.SMALL.max_size = 1


def test_preset_of_the_settings():
    """Read when the pool is made: settings.py may say it below."""
    options = pool.options(processes=1)
    for preset, size in (("small", 20), ("large", 100)):
        with override_settings(AISTORE={"POOL_PRESET": preset}):
            assert dict(options)["max_size"] == size


@pytest.mark.parametrize(
    ("processes", "sizes"), [(1, (20, 50)), (4, (5, 12)), (7, (2, 7)), (50, (0, 1)), (1000, (0, 1))]
)
def test_divided_by_the_processes(processes, sizes):
    """Each has its share, and one connection at least."""
    options = pool.options("medium", processes=processes)
    assert (options["min_size"], options["max_size"]) == sizes


def test_number_of_processes(monkeypatch):
    """Given, or of the settings, or where gunicorn and uvicorn look for it."""
    assert pool.options().processes == 1
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert pool.options().processes == 3
    monkeypatch.setenv("WEB_CONCURRENCY", "?")
    assert pool.options().processes == 1
    with override_settings(AISTORE={"POOL_PROCESSES": 5}):
        assert (pool.options().processes, pool.options(processes=2).processes) == (5, 2)


@override_settings(AISTORE={"POOL_MAX_SIZE": 8, "POOL_TIMEOUT": 3, "POOL_WEB_TIMEOUT": 1})
def test_key_by_key():
    """What the settings say goes before the preset, and what the call says before both."""
    options = pool.options("large", processes=2, max_lifetime=60, name="mine")
    assert dict(options) == {"min_size": 4, "max_size": 4, "timeout": 3, "max_lifetime": 60, "name": "mine"}
    assert options.web_timeout == 1


def test_what_django_does_with_it():
    """It is true, can be unpacked into psycopg's pool, and survives a copy of the settings."""
    options = copy.deepcopy(pool.options("small", processes=4))
    made = ConnectionPool(open=False, **options)
    assert options
    assert (made.min_size, made.max_size, made.max_lifetime) == (2, 5, 1800.0)


def test_a_command_opens_what_it_needs(monkeypatch):
    """manage.py is one thread: 20 connections would be made for nothing."""
    monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
    assert (pool.options("medium")["min_size"], pool.options("medium")["max_size"]) == (0, 50)


def test_unknown_preset():
    """Said at once where it is written, and when the pool is made where it is a setting."""
    with pytest.raises(ImproperlyConfigured, match=r"'huge' is no preset .* 'small', 'medium', 'large'"):
        pool.options("huge")
    with override_settings(AISTORE={"POOL_PRESET": "huge"}), pytest.raises(ImproperlyConfigured):
        dict(pool.options())


def test_before_there_are_settings():
    """settings.py imports it: then there is neither a setting nor an app, and no client of the cache is needed."""
    program = "from aistore.performance import pool; pool.options('small'); import sys; print('redis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={}, timeout=60)
    assert (done.stdout, done.stderr) == ("False\n", "")
