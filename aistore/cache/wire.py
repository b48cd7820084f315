"""One socket to the cache: all that aistore knows of django-redis, redis-py and hiredis stands here.

django-redis says where the server is and how to log in (TLS, Sentinel, users); redis-py opens the connection. What
follows is a socket and hiredis: redis-py's own way costs twice the time of a hit, and its defaults, 5 s and 10 tries,
are wrong for a cache, where late is worse than never.
"""

import hashlib
import select
import time
from collections.abc import Sequence
from typing import Any

import hiredis
from django.core.cache import caches
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

CHUNK = 65536  # bytes asked of the socket at a time
IDLE = 1.0  # seconds; a socket that rested so long is looked at first: servers close idle ones

# Replies by which a server says that it is not the one to ask, or not now.
REFUSALS = {"LOADING", "READONLY", "MASTERDOWN", "MISCONF", "CLUSTERDOWN", "BUSY", "NOREPLICAS", "MOVED"}
REFUSALS |= {"NOAUTH", "NOPERM", "WRONGPASS"}

TROUBLE = (OSError, RedisError, hiredis.HiredisError)

Command = tuple[Any, ...]  # of bytes, strings and whole numbers


class Refused(OSError):
    """The server answers, but does not serve."""


class Script:
    """A Lua script, called by its hash."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        SCRIPTS[self.sha] = self

    def call(self, key: str, *arguments: bytes | str | int) -> Command:
        return ("EVALSHA", self.sha, 1, key, *arguments)


SCRIPTS: dict[str, Script] = {}


class Wire:
    def __init__(self, alias: str, *, seconds: float) -> None:
        """Connected and logged in, or one of TROUBLE."""
        pool = caches[alias].client.get_client(write=True).connection_pool  # type: ignore[attr-defined]
        self._connection = pool.connection_class(
            **pool.connection_kwargs
            | {"socket_timeout": seconds, "socket_connect_timeout": seconds, "protocol": 2}
            | {"retry": Retry(NoBackoff(), 0), "health_check_interval": 0}
        )
        self._connection.connect()
        self._socket = self._connection._sock
        self._reader = hiredis.Reader(notEnoughData=False)
        self._used_at = time.monotonic()
        self._wait_for(seconds)

    def exchange(self, commands: Sequence[Command], *, seconds: float) -> list[Any]:
        """One round trip. A reply may be a hiredis.ReplyError: that command failed, the others did not. After any
        exception the socket is out of step with what is asked, and must not be used again."""
        replies = self._send(commands, seconds)
        for reply in replies:
            if type(reply) is hiredis.ReplyError:
                return self._see_to_errors(commands, replies, seconds)
        return replies

    def is_alive(self) -> bool:
        """Whether the other side has kept it open. Only asked of one that has rested: it costs a system call."""
        if time.monotonic() - self._used_at < IDLE:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)  # nothing may come unasked: what is there is the end, or out of step

    def server(self, *, seconds: float) -> bytes | None:
        """Which start of which server this is; None where INFO is not allowed."""
        [info] = self._send([("INFO", "server")], seconds)
        _, _, rest = info.partition(b"run_id:") if isinstance(info, bytes) else (b"", b"", b"")
        return rest[:40] or None

    def _see_to_errors(self, commands: Sequence[Command], replies: list[Any], seconds: float) -> list[Any]:
        again = [number for number, reply in enumerate(replies) if _code(reply) == "NOSCRIPT"]
        if again:
            # The scripts were forgotten (SCRIPT FLUSH, a failover): send their text, which also loads them.
            done = self._send([_in_full(commands[number]) for number in again], seconds)
            for number, reply in zip(again, done, strict=True):
                replies[number] = reply
        for reply in replies:
            if _code(reply) in REFUSALS:
                raise Refused(_code(reply))
        return replies

    def _send(self, commands: Sequence[Command], seconds: float) -> list[Any]:
        self._used_at = time.monotonic()
        if seconds != self._seconds:
            self._wait_for(seconds)
        self._socket.sendall(b"".join([hiredis.pack_command(command) for command in commands]))
        replies: list[Any] = []
        while len(replies) < len(commands):
            reply = self._reader.gets()
            if reply is not False:
                replies.append(reply)
                continue
            if time.monotonic() - self._used_at > seconds:
                # Drop by drop is late as well. But what is there is taken: it may be this thread that was held up.
                self._wait_for(0.0)
            self._reader.feed(self._socket.recv(CHUNK) or _closed())
        return replies

    def _wait_for(self, seconds: float) -> None:
        self._socket.settimeout(seconds)  # a system call
        self._seconds = seconds


def _closed() -> bytes:
    raise ConnectionResetError


def _code(reply: Any) -> str | None:
    return str(reply).partition(" ")[0] if isinstance(reply, hiredis.ReplyError) else None


def _in_full(command: Command) -> Command:
    _, sha, *rest = command
    return ("EVAL", SCRIPTS[str(sha)].source, *rest)
