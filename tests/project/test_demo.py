"""`manage.py demo`: one command, and a browser shows conversations."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from project.services.places import CHECKOUT
from tests.project.actors import environment, is_alive, manage, servers_of, supervisor_of, until


@dataclass(frozen=True)
class Demo:
    folder: Path
    process: "subprocess.Popen[str]"
    shown: str

    @property
    def address(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+/", self.shown)
        assert found, self.shown
        return found[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that serves; what it has shown, to the end of the frame."""
    folder = tmp_path_factory.mktemp("demo") / ".services"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", "0"],
        cwd=CHECKOUT,
        env=environment(folder, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    shown = ""
    while process.stdout and "╯" not in shown and (line := process.stdout.readline()):
        shown += line
    yield Demo(folder, process, shown)
    process.kill()
    process.communicate()


def test_the_browser_shows_conversations(demo: Demo) -> None:
    """With the address and the password that are printed, and with its style sheets."""
    password = re.search(r"password  (\S+)", demo.shown)
    assert password, demo.shown
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(demo.address).read().decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, page
    form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": password[1], "next": "/admin/"}
    page = browser.open(f"{demo.address}admin/login/", urlencode(form).encode()).read().decode()
    assert "Conversations" in page
    assert browser.open(f"{demo.address}static/admin/css/base.css").status == 200


def test_a_port_that_is_taken(demo: Demo) -> None:
    """One line; the data that are there are shown to be there, not made again."""
    port = demo.address.rstrip("/").rpartition(":")[2]
    done = manage("demo", "--port", port, folder=demo.folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"CommandError: Port {port} is taken. Leave --port out to get a free one.\n"


def test_without_serving(demo: Demo) -> None:
    """The password is printed once; then it says how to set another."""
    done = manage("demo", "--no-serve", "--no-input", folder=demo.folder)
    assert done.returncode == 0
    assert "manage.py changepassword admin" in done.stdout


def test_ctrl_c_stops_everything(demo: Demo) -> None:
    """No traceback, and no process is left."""
    supervisor = supervisor_of(demo.folder)
    demo.process.send_signal(signal.SIGINT)
    rest, _ = demo.process.communicate(timeout=20)
    assert (demo.process.returncode, rest.strip()[:8]) == (0, "Stopped."), rest
    assert until(lambda: not is_alive(supervisor))
    assert servers_of(demo.folder) == []
