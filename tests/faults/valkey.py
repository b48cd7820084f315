"""A Valkey of a test's own, to be killed, stopped, filled, flushed and replaced; and a proxy that says nothing."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from redis import Redis

from aistore.cache import maintenance
from project.services import binaries


class Valkey:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "v.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> Redis:
        return Redis(unix_socket_path=str(self.socket))

    def start(self, *options: str) -> None:
        program, folder = str(binaries.valkey().program), str(self.folder)
        command = [program, "--port", "0", "--unixsocket", str(self.socket), "--dir", folder, "--save", ""]
        self._process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
        self.wait()

    def wait(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                self.client.ping()
                return
            time.sleep(0.005)

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def restart(self, *options: str) -> None:
        self.kill()
        self.start(*options)

    def save(self) -> None:
        """A copy of now, which the next start with RESTORED loads."""
        self.client.save()
        shutil.copy(self.folder / "dump.rdb", self.folder / "old.rdb")

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


RESTORED = ("--dbfilename", "old.rdb")


def use(path: Path, settings: Any) -> None:
    """Instead of the suite's own; forgets what the process knows of that."""
    plain = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": f"unix://{path}?db=0"}
    settings.CACHES = {"default": plain}
    maintenance.forget_kept()


@contextlib.contextmanager
def silent_server(path: Path) -> Iterator[list[Any]]:
    """Accepts and says nothing; yields the connections that it has had."""
    accepted: list[Any] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    accepted.append(listening.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield accepted
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in accepted:
            connection.close()
