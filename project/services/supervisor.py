"""The process that owns the embedded servers: starts them, sees who uses them, stops them.

    python -I -S supervisor.py FOLDER < plan.json

A script of its own on the standard library, so that it starts in some 20 ms and stays at 10 MB. It leaves
the terminal's session: Ctrl-C in a command must not take the servers from under another one. The caller
waits until the servers answer; then this says nothing (exit 0) or, in one line, why they do not (exit 1).

The servers stop, at most half a second after

- nobody holds `users.lock` any more and the time in its modification date has passed, unless `keep` is there
  (the kernel lets go of a lock however its holder ends, so that not even SIGKILL leaks a server);
- SIGTERM (`services stop`);
- the folder has gone;
- one of the servers has died: the next command starts both again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, TextIO

READY = "ready"

TICK = 0.5  # seconds
START_TIMEOUT = 120.0  # seconds; replaying the log after a crash may take its time
STOP_TIMEOUT = 30.0  # seconds until a server that does not stop is killed


def main() -> None:
    plan = json.load(sys.stdin)
    log = Path(plan["folder"]) / "supervisor.log"
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        word = os.fdopen(reading).read()
        sys.exit(None if word == READY else word or f"the supervisor died before it was ready (log: {log})")
    os.close(reading)
    leave_session(log)
    signal.signal(signal.SIGTERM, stop_now)
    supervise(plan, os.fdopen(writing, "w"))


def leave_session(log: Path) -> None:
    os.setsid()
    os.umask(0o077)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    lines = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(lines, 1)
    os.dup2(lines, 2)
    os.close(nothing)
    os.close(lines)


def stop_now(*_: object) -> None:
    raise SystemExit


def supervise(plan: dict[str, Any], caller: TextIO) -> None:
    folder = Path(plan["folder"])
    users = os.open(folder / "users.lock", os.O_RDWR)
    record = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(record, fcntl.LOCK_EX)
    servers = [Server(**server, uid=plan["uid"]) for server in plan["servers"]]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_until_ready()
        write_record(record, servers)
        caller.write(READY)
        caller.close()
        watch(folder, users, servers)
    except StartFailed as failure:
        caller.write(str(failure))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop(servers, at_once=plan["is_ephemeral"] or not folder.exists())
        os.ftruncate(record, 0)
        clear(plan["folders"], with_content=plan["is_ephemeral"])


def clear(folders: list[str], *, with_content: bool) -> None:
    for folder in folders:
        if with_content:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            # A folder of the sockets alone is empty by now; one with data stays.
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def write_record(record: int, servers: list[Server]) -> None:
    facts = {server.name: {"pid": server.pid, "version": server.version} for server in servers}
    text = json.dumps({"pid": os.getpid(), "started_at": time.time(), "servers": facts})
    os.ftruncate(record, 0)
    os.pwrite(record, text.encode(), 0)


def watch(folder: Path, users: int, servers: list[Server]) -> None:
    while True:
        time.sleep(TICK)
        for server in servers:
            if server.has_ended():
                print(f"{server.name} died: {server.last_words()}", flush=True)
                return
        if not is_same_file(users, folder / "users.lock"):
            return
        if not (folder / "keep").exists() and is_unused(users):
            return


def is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def is_unused(users: int) -> bool:
    """Whether nobody is left. Then the lock stays ours until the end: a newcomer waits and starts afresh."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Read under the lock: the last user has set it before going.
    if os.fstat(users).st_mtime <= time.time():
        return True
    fcntl.flock(users, fcntl.LOCK_UN)
    return False


def stop(servers: list[Server], *, at_once: bool) -> None:
    for server in servers:
        server.ask_to_stop(at_once=at_once)
    deadline = time.monotonic() + (STOP_TIMEOUT / 10 if at_once else STOP_TIMEOUT)
    for server in servers:
        server.see_it_stop(deadline)


class StartFailed(Exception):
    """A server ended, or did not answer in time, before it was ready."""


class Server:
    """One child: its command, its log, its way to say that it is ready."""

    def __init__(self, *, name: str, version: str, argv: list[str], log: str, ready: str, uid: int | None):
        self.name = name
        self.version = version
        self.argv = argv
        self.log = Path(log)
        self.log_start = 0
        self.ready = Path(ready)
        self.user: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.log_start = log.tell()
            try:
                self.process = subprocess.Popen(
                    self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.user
                )
            except OSError as error:
                raise StartFailed(f"{self.name}: {error}") from error

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def ask_to_stop(self, *, at_once: bool) -> None:
        if self.process and not self.has_ended():
            # SIGINT: both stop in good order. SIGQUIT: PostgreSQL leaves its files as they are.
            self.process.send_signal(signal.SIGQUIT if at_once and self.name == "postgres" else signal.SIGINT)

    def see_it_stop(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self) -> None:
        is_ready = {"postgres": self.postgres_is_ready, "valkey": self.valkey_is_ready}[self.name]
        deadline = time.monotonic() + START_TIMEOUT
        while not is_ready():
            if self.has_ended():
                raise StartFailed(f"{self.name}: {self.last_words()} (log: {self.log})")
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name}: no answer in {START_TIMEOUT:.0f} s (log: {self.log})")
            time.sleep(0.01)

    def postgres_is_ready(self) -> bool:
        # The eighth line of postmaster.pid is what pg_ctl waits for, too.
        try:
            lines = self.ready.read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def valkey_is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1.0)
                client.connect(str(self.ready))
                client.sendall(b"PING\r\n")
                return client.recv(7) == b"+PONG\r\n"
        except OSError:
            return False

    def last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
        telling = [
            line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror", "ailed"))
        ]
        return (telling or lines or ["it left no word"])[-1].strip()


if __name__ == "__main__":
    main()
