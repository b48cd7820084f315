"""The way to the cache: who is asked, who is not asked at the moment, and who is believed.

Note [Trouble]. A call that fails may have been a writer's last word about a stamp. So for one lease this process
trusts no stamp: its reads go to the database, as if there were no cache. The same when the cache turns out to be
another server than before (restarted, failed over), which may hold an old copy. It asks again at most once in PAUSE
seconds, and says once in the log that the cache went and once that it came back. The stamps of what it has written
meanwhile it takes away with the first call that gets through: others, who may never have lost the cache, believe them
so much longer and not for a whole lease.
"""

import logging
import os
import time
from collections import deque
from contextlib import suppress
from typing import Any

from django.core.cache import caches
from django.core.signals import setting_changed

from ..conf import settings
from .wire import TROUBLE, Command, Refused, Wire

logger = logging.getLogger("aistore.cache")

PAUSE = 1.0  # seconds between two tries of a cache that does not answer
MOST_UNTOLD = 10_000  # stamps; what is written beyond that is seen after one lease
PROBE = 0.25  # of CACHE_TIMEOUT: how long such a try may take, so that nobody waits twice for what is down
SPARE = 64  # sockets kept open; with more threads at a time, the others' are closed after use
NEVER = float("-inf")


class CacheDown(Exception):
    """The cache did not answer, or is not asked at the moment. Never leaves this package."""


class Link:
    """The way to one cache, shared by all threads of the process. Each call takes a socket and puts it back only when
    all replies were read: one that an exception has left half-read, be it a signal's, never answers somebody else."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        # With a KEY_FUNCTION the host may keep tenants apart: then each call has its own. Else it is asked once: the
        # question takes a twentieth of a read.
        self._prefix = "" if "KEY_FUNCTION" in caches.settings[alias] else self._made_prefix()
        self._spare: list[Wire] = []
        self._server: bytes | None = None
        self._untold: deque[str] = deque(
            maxlen=MOST_UNTOLD
        )  # keys of stamps; threads may add and take at any time
        self._doubted_at = NEVER  # monotonic seconds, as all here
        self._tried_at = NEVER
        self._is_down = False
        self._is_full = False

    @property
    def prefix(self) -> str:
        """Of all our keys, by the host's KEY_PREFIX, VERSION and KEY_FUNCTION."""
        return self._prefix or self._made_prefix()

    def _made_prefix(self) -> str:
        return f"{caches[self._alias].make_key('aistore')}:"

    @property
    def is_trusted(self) -> bool:
        """Whether stamps may be believed. See Note [Trouble]."""
        if self._doubted_at == NEVER:
            return True
        return time.monotonic() - self._doubted_at > settings.CACHE_LEASE

    def call(self, *commands: Command) -> list[Any]:
        """One round trip. A reply may be a hiredis.ReplyError: that command failed, the others did not."""
        if self._is_down:
            self._take_turn()
        if self._untold:
            return self._call_after_untold(commands)
        seconds = float(settings.CACHE_TIMEOUT) * (PROBE if self._is_down else 1)
        try:
            wire = self._take(seconds)
            replies = wire.exchange(commands, seconds=seconds)
        except TROUBLE as error:
            self._went(error)
            raise CacheDown from error
        if len(self._spare) < SPARE:
            self._spare.append(wire)
        if self._is_down:
            self._came_back()
        return replies

    def doubt(self, *stamp_keys: str) -> None:
        """A stamp may be there that should not: one of these, if any is named."""
        self._doubted_at = time.monotonic()
        self._untold.extend(stamp_keys)

    def catch_up(self) -> None:
        """Take away the stamps that were not told, if the cache can be reached."""
        if self._untold:
            with suppress(CacheDown):
                self.call()

    def note_memory(self, *, is_full: bool) -> None:
        """What the last claim said of it."""
        if is_full is not self._is_full:
            self._is_full = is_full
            state = "has no memory left; going on without it" if is_full else "has memory again"
            logger.warning("cache %r %s", self._alias, state)

    def forget_sockets(self) -> None:
        self._spare.clear()

    def _call_after_untold(self, commands: tuple[Command, ...]) -> list[Any]:
        untold: list[str] = []
        with suppress(IndexError):
            while True:
                untold.append(self._untold.popleft())
        self._tried_at = NEVER  # the turn that was taken is this one's
        try:
            [told, *replies] = self.call(("DEL", *untold), *commands)
        except CacheDown:
            self._untold.extend(untold)
            raise
        if isinstance(told, Exception):
            self._untold.extend(untold)
        return replies

    def _take_turn(self) -> None:
        now = time.monotonic()
        if now - self._tried_at < PAUSE:
            raise CacheDown
        self._tried_at = now

    def _take(self, seconds: float) -> Wire:
        while True:
            try:
                wire = self._spare.pop()
            except IndexError:
                return self._open(seconds)
            if wire.is_alive():
                return wire

    def _open(self, seconds: float) -> Wire:
        wire = Wire(self._alias, seconds=seconds)
        server = wire.server(seconds=seconds)
        if self._server is not None and server != self._server:
            self.doubt()
            logger.warning(
                "cache %r is another server now; its stamps are trusted in %s s",
                self._alias,
                settings.CACHE_LEASE,
            )
        self._server = server
        return wire

    def _went(self, error: Exception) -> None:
        self.forget_sockets()
        self.doubt()
        self._tried_at = time.monotonic()
        if not self._is_down:
            self._is_down = True
            said = str(error) if isinstance(error, Refused) else type(error).__name__
            logger.warning("cache %r does not answer (%s); going on without it", self._alias, said)

    def _came_back(self) -> None:
        self._is_down = False
        logger.warning(
            "cache %r answers again; its stamps are trusted in %s s", self._alias, settings.CACHE_LEASE
        )


_links: dict[str, Link] = {}


def link() -> Link | None:
    """The way to the cache of the settings; None: there is none, and cached reads ask the database."""
    alias = settings.CACHE_ALIAS
    if alias is None:
        return None
    try:
        return _links[alias]
    except KeyError:
        return _links.setdefault(alias, Link(alias)) if is_served(alias) else None


def is_served(alias: str) -> bool:
    """Whether this one of CACHES is django-redis. Django's default is the memory of the process, which no other process
    could be told of."""
    return alias in caches.settings and hasattr(getattr(caches[alias], "client", None), "get_client")


def _forget_all_sockets() -> None:
    for way in _links.values():
        way.forget_sockets()


def _forget_all_links(*, setting: str, **kwargs: Any) -> None:
    """Tests of a host may give him other caches for a while."""
    if setting == "CACHES":
        _links.clear()


os.register_at_fork(after_in_child=_forget_all_sockets)
setting_changed.connect(_forget_all_links, dispatch_uid="aistore.links")
