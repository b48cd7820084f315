"""A place of the benchmark's own: never the host's tables, nor his cached entries, nor his statistics.

A database, if this user may create one, else a schema of the host's database and nothing else on its search_path, so
that no name can lead to a table of the host. It is dropped at the end, however that comes; what a killed run has left
is dropped by a later one, an hour after it was made.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error
from django.test.utils import override_settings
from psycopg import sql

from ...cache.counters import counters
from ...cache.link import link
from ...cache.maintenance import forget_kept
from ...conf import overridden, settings
from ...exceptions import NoScratch
from ...models import Conversation
from ..probe import Unseen, probe
from ..recorder import recorder

PREFIX = "aistore_bench_"
MARK = "made by aistore_bench, to be dropped: "
FORGOTTEN = dt.timedelta(hours=1)  # no run takes that long
KEYS_AT_ONCE = 1000

RIGHTS = """
SELECT rolcreatedb OR rolsuper, has_database_privilege(current_database(), 'CREATE')
FROM pg_roles WHERE rolname = current_user"""
FREE = """
SELECT current_setting('max_connections')::int - count(*)
FROM pg_stat_activity WHERE backend_type = 'client backend'"""
LEFT_BEHIND = f"""
SELECT 'DATABASE', datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE '{PREFIX}%'
UNION ALL
SELECT 'SCHEMA', nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname LIKE '{PREFIX}%'"""


@dataclass(frozen=True)
class Scratch:
    """``using``: the alias of the connections that lead there."""

    using: str
    kind: str  # DATABASE, SCHEMA
    name: str


class ScratchRouter:
    """Every model is there, whatever the host's own routers say."""

    def __init__(self, using: str) -> None:
        self._using = using

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self._using

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return True if db == self._using else None


@contextmanager
def scratch(pool: dict[str, Any]) -> Iterator[Scratch]:
    """With tables, and all reads and writes of this process led to it until it ends: a command's process, not one
    that serves. Raises NoScratch where this user may make no place of his own."""
    name = f"{PREFIX}{uuid.uuid4().hex[:16]}"
    with ExitStack() as stack:
        maker = stack.enter_context(_alias(f"{name}_maker", _server_settings()))
        _drop_left_behind(maker)
        kind = _kind(maker)
        stack.enter_context(_place(maker, kind, name))
        using = stack.enter_context(_alias(name, _settings_there(kind, name, pool)))
        stack.enter_context(_routed(using))
        stack.enter_context(_own_cache(name))
        _migrate(using)
        yield Scratch(using, kind, name)


def _server_settings() -> dict[str, Any]:
    """Those of the host's database, without his pool."""
    found = connections[router.db_for_write(Conversation)].settings_dict
    options = {name: value for name, value in found["OPTIONS"].items() if name != "pool"}
    return {**found, "OPTIONS": options, "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False}


def _settings_there(kind: str, name: str, pool: dict[str, Any]) -> dict[str, Any]:
    there = _server_settings()
    there["OPTIONS"]["pool"] = pool
    if kind == "DATABASE":
        return {**there, "NAME": name}
    path = f"-c search_path={name}"
    there["OPTIONS"]["options"] = f"{there['OPTIONS'].get('options', '')} {path}".strip()
    return there


@contextmanager
def _alias(name: str, database: dict[str, Any]) -> Iterator[str]:
    connections.settings[name] = database
    try:
        yield name
    finally:
        connection: Any = connections[name]
        connection.close()
        connection.close_pool()
        del connections[name], connections.settings[name]


def _kind(maker: str) -> str:
    with connections[maker].cursor() as cursor:
        cursor.execute(RIGHTS)
        makes_databases, makes_schemas = cursor.fetchone() or (False, False)
    if makes_databases:
        return "DATABASE"
    if makes_schemas:
        return "SCHEMA"
    raise NoScratch(
        why="it needs a place of its own, and this database user may create neither a database nor a schema",
        remedy="Grant it CREATEDB, or CREATE on a database that is not in use, and run it there.",
    )


@contextmanager
def _place(maker: str, kind: str, name: str) -> Iterator[None]:
    stamp = f"{MARK}{dt.datetime.now(dt.UTC).isoformat()}"
    try:
        _on_server(maker, f"CREATE {kind} {{name}}", name)
        _on_server(maker, f"COMMENT ON {kind} {{name}} IS {{stamp}}", name, stamp)
        yield
    finally:
        _drop(maker, kind, name)


def _drop(maker: str, kind: str, name: str) -> None:
    how = (
        "DROP DATABASE IF EXISTS {name} WITH (FORCE)" if kind == "DATABASE" else "DROP SCHEMA {name} CASCADE"
    )
    _on_server(maker, how, name)


def _drop_left_behind(maker: str) -> None:
    with connections[maker].cursor() as cursor:
        cursor.execute(LEFT_BEHIND)
        found = cursor.fetchall()
    for kind, name, comment in found:
        if _is_forgotten(comment):
            try:
                _drop(maker, kind, name)
            except Error:  # of another user: he drops it
                connections[maker].close()


def _is_forgotten(comment: str | None) -> bool:
    if not comment or not comment.startswith(MARK):
        return False
    return dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(comment.removeprefix(MARK)) > FORGOTTEN


def free_connections() -> int:
    """That the server could still give. Raises NoScratch where it does not answer."""
    try:
        with probe(router.db_for_write(Conversation)) as asked:
            [[free]] = asked.rows(FREE)
    except Unseen as error:
        remedy = "See whether it runs: manage.py dbshell asks with the same address, user and password."
        raise NoScratch(why=error.why, remedy=remedy) from error
    return int(free)


def _on_server(maker: str, statement: str, name: str, stamp: str = "") -> None:
    connections[maker].ensure_connection()
    connections[maker].connection.execute(
        sql.SQL(statement).format(name=sql.Identifier(name), stamp=sql.Literal(stamp))
    )


@contextmanager
def _routed(using: str) -> Iterator[None]:
    own = router.routers
    router.routers = [ScratchRouter(using)]
    try:
        yield
    finally:
        router.routers = own


@contextmanager
def _own_cache(name: str) -> Iterator[None]:
    """The same server under another prefix. With no cache that aistore uses there is nothing to part."""
    alias = settings.CACHE_ALIAS
    own = django_settings.CACHES.get(alias)
    if own is None:
        yield
        return
    prefixed = {**own, "KEY_PREFIX": f"{own.get('KEY_PREFIX', '')}{name}"}
    with override_settings(CACHES={**django_settings.CACHES, name: prefixed}), overridden(CACHE_ALIAS=name):
        try:
            yield
        finally:
            _forget_figures()
            _forget_all(name)


def believe_again() -> bool:
    """After a call that came late, a process trusts no stamp for one lease. Here nobody else writes, so nothing can be
    stale, and what is measured next shall be the cache. False: it was trusted."""
    way = link()
    if way is None or way.is_trusted:
        return False
    with override_settings(CACHES=django_settings.CACHES):  # makes the ways anew
        return True


def _forget_figures() -> None:
    """What this process would still tell the others: the host's statistics are not about this."""
    recorder.forget()
    counters.all("")
    forget_kept()


def _forget_all(alias: str) -> None:
    """By scanning: once, by an operator."""
    from django.core.cache import caches

    ours: Any = caches[alias]
    if hasattr(ours, "delete_pattern"):
        ours.delete_pattern("*", itersize=KEYS_AT_ONCE)


def _migrate(using: str) -> None:
    """The tables of aistore and of the host's users. Without the signals of the command, which the host's receivers
    would take for a migration of his own database."""
    executor = MigrationExecutor(connections[using])
    apps = {"aistore", get_user_model()._meta.app_label}
    executor.migrate([leaf for app in sorted(apps) for leaf in executor.loader.graph.leaf_nodes(app)])
