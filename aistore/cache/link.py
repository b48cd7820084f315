"""The connection to the cache: all that aistore knows of django-redis and redis-py stands here.

django-redis says where the server is and how to log in (TLS, Sentinel, users); redis-py opens the connection. What
follows is a socket and hiredis: one for each thread, no pool, 0.2 s, no retries. redis-py's own way costs twice the
time of a hit, and its defaults, 5 s and 10 tries, are wrong for a cache: late is worse than never.

Note [Trouble]. A call that fails may have been a writer's last word about a stamp. So for one lease this process
trusts no stamp: its reads go to the database, as if there were no cache. It goes on telling the cache what it
writes, at most one try in PAUSE seconds, and says once in the log that the cache went and once that it came back.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Sequence
from typing import Any

import hiredis
from django.core.cache import caches
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from ..conf import settings

logger = logging.getLogger("aistore.cache")

PAUSE = 1.0  # seconds between two tries of a cache that does not answer
CHUNK = 65536  # bytes asked of the socket at a time

Command = Sequence[bytes | str | int]


class CacheDown(Exception):
    """The cache did not answer, or is not asked at the moment. Never leaves this package."""


class Script:
    """A Lua script, called by its hash."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        SCRIPTS.append(self)

    def call(self, key: str, *arguments: bytes | str | int) -> Command:
        return ("EVALSHA", self.sha, 1, key, *arguments)


SCRIPTS: list[Script] = []


class Link:
    """The way to one cache. Shared by the threads of the process, each of which has its own socket."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._local = threading.local()
        self._failed_at = float("-inf")  # monotonic seconds
        self._is_down = False

    @property
    def is_trusted(self) -> bool:
        """Whether stamps may be believed. See Note [Trouble]."""
        return time.monotonic() - self._failed_at > settings.CACHE_LEASE

    def call(self, *commands: Command) -> list[Any]:
        """One round trip. A reply may be a hiredis.ReplyError: that command failed, the others did not."""
        if self._is_down and time.monotonic() - self._failed_at < PAUSE:
            raise CacheDown
        try:
            replies = self._exchange(commands)
        except (OSError, RedisError, hiredis.HiredisError) as error:
            self._local.__dict__.clear()
            self.distrust(error)
            raise CacheDown from error
        if self._is_down:
            self._is_down = False
            logger.warning(
                "cache %r answers again; its stamps are trusted in %s s", self._alias, settings.CACHE_LEASE
            )
        return replies

    def distrust(self, error: object) -> None:
        self._failed_at = time.monotonic()
        if not self._is_down:
            self._is_down = True
            logger.warning(
                "cache %r does not answer (%s); going on without it", self._alias, type(error).__name__
            )

    def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        socket, reader = self._own()
        socket.sendall(b"".join(map(hiredis.pack_command, map(tuple, commands))))
        replies: list[Any] = []
        while len(replies) < len(commands):
            reply = reader.gets()
            if reply is not False:
                replies.append(reply)
                continue
            data = socket.recv(CHUNK)
            if not data:
                raise ConnectionResetError
            reader.feed(data)
        if any(_is_unknown_script(reply) for reply in replies):
            return self._after_loading(commands, replies)
        return replies

    def _after_loading(self, commands: Sequence[Command], replies: list[Any]) -> list[Any]:
        """The scripts were forgotten (SCRIPT FLUSH, a failover): load them, and do what could not be done."""
        again = [number for number, reply in enumerate(replies) if _is_unknown_script(reply)]
        loading = [("SCRIPT", "LOAD", script.source) for script in SCRIPTS]
        done = self._exchange([*loading, *(commands[number] for number in again)])[len(loading) :]
        for number, reply in zip(again, done, strict=True):
            replies[number] = reply
        return replies

    def _own(self) -> tuple[Any, Any]:
        """This thread's socket; a new one after a fork."""
        local = self._local
        if getattr(local, "process", None) != os.getpid():
            local.connection = self._connect()
            local.reader = hiredis.Reader(notEnoughData=False)
            local.process = os.getpid()
        return local.connection._sock, local.reader

    def _connect(self) -> Any:
        pool = caches[self._alias].client.get_client(write=True).connection_pool  # type: ignore[attr-defined]
        seconds = float(settings.CACHE_TIMEOUT)
        connection = pool.connection_class(
            **pool.connection_kwargs
            | {"socket_timeout": seconds, "socket_connect_timeout": seconds, "protocol": 2}
            | {"retry": Retry(NoBackoff(), 0), "health_check_interval": 0}
        )
        connection.connect()
        return connection


def _is_unknown_script(reply: Any) -> bool:
    return isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT")


_links: dict[str, Link] = {}


def link() -> Link | None:
    """The way to the cache of the settings; None: there is none, and cached reads ask the database."""
    alias = settings.CACHE_ALIAS
    if alias is None:
        return None
    try:
        return _links[alias]
    except KeyError:
        return _links.setdefault(alias, Link(alias))
