"""How the cache is found and logged in to: by address, by user, and by Sentinel, through a failover."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from aistore.cache.link import CacheDown, Link
from aistore.cache.wire import TROUBLE, Wire
from project.services import binaries

PASSWORD = "open-sesame"


class Servers:
    """A primary, and on request its replica and a sentinel, which find each other by address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary, self.replica, self.sentinel = (free_port() for _ in range(3))
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, port: int, *options: str) -> None:
        log_in = [
            "--requirepass",
            PASSWORD,
            "--masterauth",
            PASSWORD,
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self._run(port, ["--port", str(port), *log_in, *options])

    def start_replica_and_sentinel(self) -> None:
        self.start(self.replica, "--replicaof", f"127.0.0.1 {self.primary}", "--dbfilename", "replica.rdb")
        client = Redis(port=self.replica, password=PASSWORD)
        until(lambda: client.info("replication")["master_link_status"] == "up")
        watched = f"mymaster 127.0.0.1 {self.primary} 1"
        (self.folder / "sentinel.conf").write_text(
            f"port {self.sentinel}\nsentinel monitor {watched}\nsentinel auth-pass mymaster {PASSWORD}\n"
            "sentinel down-after-milliseconds mymaster 300\nsentinel failover-timeout mymaster 1000\n"
        )
        self._run(self.sentinel, [str(self.folder / "sentinel.conf"), "--sentinel"])
        until(lambda: Redis(port=self.sentinel).sentinel_master("mymaster")["num-slaves"] == 1)

    def _run(self, port: int, options: list[str]) -> None:
        program = str(binaries.valkey().program)
        self.processes[port] = subprocess.Popen(
            [program, *options], stdout=subprocess.DEVNULL, cwd=self.folder
        )
        until(lambda: socket.create_connection(("127.0.0.1", port)).close() is None)


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def until(question: Any) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(Exception):
            if question():
                return
        time.sleep(0.02)
    raise AssertionError("it did not come about within 30 s")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(tmp_path)
    servers.start(servers.primary)
    yield servers
    for process in servers.processes.values():
        process.kill()
        process.wait()


def use(settings: Any, location: str, **options: Any) -> None:
    backend = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": location, "OPTIONS": options}
    settings.CACHES = {"default": backend}


def who_am_i() -> str:
    [reply] = Wire("default", seconds=1.0).exchange([("CLIENT", "INFO")], seconds=1.0)
    return str(reply.decode())


def test_by_address(servers: Servers, settings: Any) -> None:
    address = f"127.0.0.1:{servers.primary}"
    use(settings, f"redis://{address}/3", PASSWORD=PASSWORD)
    assert " db=3 " in who_am_i()
    Redis(port=servers.primary, password=PASSWORD).acl_setuser(
        "an", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all"]
    )
    use(settings, f"redis://an:secret@{address}/0")
    assert " user=an " in who_am_i()
    use(settings, f"redis://{address}/0", USERNAME="an", PASSWORD="secret")
    assert " user=an " in who_am_i()
    use(settings, f"redis://{address}/1", USERNAME="an", PASSWORD="wrong")
    with pytest.raises(TROUBLE):
        who_am_i()


def test_by_sentinel_and_through_a_failover(servers: Servers, settings: Any) -> None:
    servers.start_replica_and_sentinel()
    use(
        settings,
        "redis://mymaster/0",
        CLIENT_CLASS="django_redis.client.SentinelClient",
        CONNECTION_FACTORY="django_redis.pool.SentinelConnectionFactory",
        SENTINELS=[("127.0.0.1", servers.sentinel)],
        PASSWORD=PASSWORD,
    )
    way = Link("default")
    assert way.call(("SET", "a", 1), ("GET", "a")) == [b"OK", b"1"]
    servers.processes[servers.primary].kill()

    def answers() -> bool:
        with contextlib.suppress(CacheDown):
            return way.call(("SET", "a", 2), ("GET", "a")) == [b"OK", b"2"]
        return False

    until(answers)
    assert not way.is_trusted  # what was the replica may not have heard the last words
