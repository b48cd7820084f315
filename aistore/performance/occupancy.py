"""How full the pools are: of this process, and of all on this host, who tell each other every few seconds."""

import hashlib
import socket
import time

import msgspec

from ..conf import settings
from .figures import PoolStats
from .flushing import PUBLISHERS
from .recorder import recorder
from .store import CacheGone, key, pairs, store
from .tally import Tally
from .watched_pool import Watching, pools

STALE = 3  # times RECORDING_FLUSH_SECONDS: who has said nothing for so long is gone
GONE_SECONDS = 300  # then what it said goes, too


class Occupancy(msgspec.Struct, array_like=True):
    at: float  # seconds since 1970
    database: str
    min_size: int
    max_size: int
    in_use: int
    idle: int
    waiting: int
    queued: int
    connected: int
    lost: int
    oldest: float  # seconds
    waits: Tally


def pool_stats(using: str = "default") -> PoolStats | None:
    """The pool of a database, all processes of this host together; None: no process has one."""
    own, shared = _own(), _of_host()
    processes = {**(shared or {}), recorder.process: own}
    found = [one for all_of_it in processes.values() for one in all_of_it if one.database == using]
    if not found:
        return None
    waits = Tally()
    for one in found:
        waits.take_in(one.waits)
    figures = waits.figures(using)
    return PoolStats(
        database=using,
        processes=len(found),
        is_shared=shared is not None,
        min_size=sum(one.min_size for one in found),
        max_size=sum(one.max_size for one in found),
        size=sum(one.in_use + one.idle for one in found),
        in_use=sum(one.in_use for one in found),
        idle=sum(one.idle for one in found),
        waiting=sum(one.waiting for one in found),
        checkouts=figures.count,
        queued=sum(one.queued for one in found),
        errors=figures.errors,
        wait_mean=figures.mean,
        wait_p99=figures.p99,
        wait_max=figures.max,
        connected=sum(one.connected for one in found),
        lost=sum(one.lost for one in found),
        oldest=max(one.oldest for one in found),
    )


def publish(*, is_over: bool) -> None:
    own = _own()
    if not own:
        return
    try:
        if is_over:
            store.exchange(("HDEL", _key(), recorder.process), seconds=settings.CACHE_TIMEOUT)
        else:
            said = ("HSET", _key(), recorder.process, msgspec.msgpack.encode(own))
            store.exchange(said, ("EXPIRE", _key(), GONE_SECONDS))
    except CacheGone:
        pass  # the next time


def _own() -> list[Occupancy]:
    return [_occupancy(pool) for pool in list(pools.values()) if not pool.closed]


def _occupancy(pool: Watching) -> Occupancy:
    psycopg, oldest = pool.get_stats(), pool.oldest()
    with pool.counting:
        waits = pool.waits.copied()
    return Occupancy(
        at=time.time(),
        database=pool.database,
        min_size=pool.min_size,
        max_size=pool.max_size,
        in_use=len(pool.held),
        idle=psycopg.get("pool_available", 0),
        waiting=len(pool.asking),
        queued=psycopg.get("requests_queued", 0),
        connected=psycopg.get("connections_num", 0),
        lost=psycopg.get("connections_lost", 0),
        oldest=time.monotonic() - oldest.since if oldest else 0.0,
        waits=waits,
    )


def _of_host() -> dict[str, list[Occupancy]] | None:
    """By process; None: there is no cache, or it does not answer."""
    try:
        [reply] = store.exchange(("HGETALL", _key()))
        said = {process: _decoded(data) for process, data in pairs(reply)}
        now = time.time()
        gone = [process for process, all_of_it in said.items() if _age(all_of_it, now) > GONE_SECONDS]
        if gone:
            store.exchange(("HDEL", _key(), *gone))
    except CacheGone:
        return None
    limit = STALE * settings.RECORDING_FLUSH_SECONDS
    return {
        process.decode(): all_of_it for process, all_of_it in said.items() if _age(all_of_it, now) < limit
    }


def _age(said: list[Occupancy], now: float) -> float:
    return now - min((one.at for one in said), default=0.0)


DECODER = msgspec.msgpack.Decoder(list[Occupancy])


def _decoded(data: bytes) -> list[Occupancy]:
    try:
        return DECODER.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return []


def _key() -> str:
    """It says which host this is only to those who know the host."""
    host = hashlib.blake2s(socket.gethostname().encode(), digest_size=8).hexdigest()
    return key(f"p:{host}")


PUBLISHERS.append(publish)
