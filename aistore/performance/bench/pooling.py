"""A hundred users at once on one pool: how long they wait for a connection, and how many are sent away."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connections

from ...models import Conversation, Message
from .filling import Data
from .timing import PATIENCE, Times

USERS = 100
PAUSE = 0.5  # seconds that a user thinks between two requests: some 200 requests a second
WARM_UP = 0.2  # of the time: the pool grows, which is not what is asked for
LOOK = 0.005  # seconds between two looks at the pool


@dataclass(frozen=True)
class PoolFigures:
    """``checkout``: until a request has its connection; ``request``: that and two reads. In ``in_use``, connections."""

    users: int
    pause_seconds: float
    pool_size: int
    requests: int
    requests_per_second: float
    checkout: Times
    checkout_mean: float  # microseconds
    request: Times
    in_use_mean: float
    in_use_most: int
    rejected: int


@dataclass
class Seen:
    """What the threads write down; each appends, which needs no lock."""

    checkouts: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    in_use: list[int] = field(default_factory=list)
    rejected: list[None] = field(default_factory=list)

    def forget(self) -> None:
        for found in (self.checkouts, self.requests, self.in_use):
            found.clear()


def under_load(data: Data, using: str, pool_size: int, *, pause: float, seconds: float) -> PoolFigures:
    seen, is_over = Seen(), threading.Event()
    watching = threading.Thread(target=_watch, args=(using, seen, is_over))
    watching.start()
    try:
        with ThreadPoolExecutor(USERS) as threads:
            try:
                users = [
                    threads.submit(_user, data, using, seen, is_over, pause, number)
                    for number in range(USERS)
                ]
                is_over.wait(seconds * WARM_UP)
                seen.forget()
                began = time.perf_counter()
                is_over.wait(seconds)
            finally:
                is_over.set()
            for user in users:
                user.result(PATIENCE)
            lasted = time.perf_counter() - began
    finally:
        is_over.set()
        watching.join(PATIENCE)
    return PoolFigures(
        users=USERS,
        pause_seconds=pause,
        pool_size=pool_size,
        requests=len(seen.requests),
        requests_per_second=len(seen.requests) / lasted,
        checkout=Times.of(seen.checkouts),
        checkout_mean=1e6 * sum(seen.checkouts) / len(seen.checkouts),
        request=Times.of(seen.requests),
        in_use_mean=sum(seen.in_use) / len(seen.in_use),
        in_use_most=max(seen.in_use),
        rejected=len(seen.rejected),
    )


def _user(data: Data, using: str, seen: Seen, is_over: threading.Event, pause: float, number: int) -> None:
    """They begin spread over one pause, as people do."""
    dice = random.Random(number)
    is_over.wait(pause * dice.random())
    while not is_over.is_set():
        _request(dice.choice(data.conversations), using, seen)
        is_over.wait(pause)


def _request(conversation: Any, using: str, seen: Seen) -> None:
    began = time.perf_counter()
    try:
        connections[using].ensure_connection()
    except OperationalError:
        seen.rejected.append(None)
        return
    seen.checkouts.append(time.perf_counter() - began)
    Conversation.objects.using(using).get(pk=conversation.pk)
    list(Message.objects.using(using).in_conversation(conversation).last(50))
    connections[using].close()
    seen.requests.append(time.perf_counter() - began)


def _pool(using: str) -> Any:
    connection: Any = connections[using]
    return connection.pool


def _watch(using: str, seen: Seen, is_over: threading.Event) -> None:
    """At least once."""
    while True:
        stats = _pool(using).get_stats()
        seen.in_use.append(stats.get("pool_size", 0) - stats.get("pool_available", 0))
        if is_over.wait(LOOK):
            return
