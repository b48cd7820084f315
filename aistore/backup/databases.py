"""Databases on the server: reached, made beside the live one, dropped, renamed.

By connections of their own, past Django's pool: what is made, dropped and renamed must not be in anybody's use.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import psycopg
from django.db import connections, router
from psycopg import sql

from ..conf import settings
from ..exceptions import BackupFailed, BackupRunning
from ..models import Conversation
from .leaving import leaving

ALIAS = "aistore_backup"  # under which Django finds a database that is being looked at
SCRATCH = "aistore_scratch_"
LONGEST = 63  # bytes of a name
MAINTENANCE = ("postgres", "template1")  # no database can be made or dropped from inside itself
TRIES = 5  # of the rename; each waits 5 seconds for others to leave

LIKE_IT = """
SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype, datlocprovider::text,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
       pg_get_userbyid(datdba) AS owner
FROM pg_database AS d WHERE datname = %s"""

MAY_CREATE = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
MAY_REPLACE = "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database WHERE datname = %s"

# What ALTER DATABASE … SET and GRANT … ON DATABASE have said of it: no dump of one database has that.
OF_THE_DATABASE = """
SELECT format('ALTER %%s %%I SET %%I = %%s',
              CASE WHEN setrole = 0 THEN 'DATABASE' ELSE format('ROLE %%I IN DATABASE', pg_get_userbyid(setrole)) END,
              %(new)s::text, name,
              CASE WHEN name ~ '(^search_path|_libraries)$' THEN value ELSE quote_literal(value) END)
FROM pg_db_role_setting, unnest(setconfig) AS setting,
     LATERAL (SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value) AS parts
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = %(old)s)
UNION ALL
SELECT format('GRANT %%s ON DATABASE %%I TO %%s', privilege_type, %(new)s::text,
              CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_database, aclexplode(datacl) WHERE datname = %(old)s
UNION ALL
SELECT format('REVOKE %%s ON DATABASE %%I FROM PUBLIC', privilege_type, %(new)s::text)
FROM pg_database, aclexplode(acldefault('d', datdba)) AS usual
WHERE datname = %(old)s AND datacl IS NOT NULL AND usual.grantee = 0
  AND NOT EXISTS (SELECT FROM aclexplode(datacl) AS kept
                  WHERE kept.grantee = 0 AND kept.privilege_type = usual.privilege_type)"""


def alias() -> str:
    """Of the database that is backed up: a direct connection, where there is one past the pooler."""
    return settings.BACKUP_DATABASE or router.db_for_write(Conversation)


def name_of(using: str) -> str:
    return str(connections[using].settings_dict["NAME"])


def connect(using: str, database: str | None = None) -> "psycopg.Connection[Any]":
    """A plain connection, in autocommit, which waits as long as it takes. Raises BackupFailed."""
    wrapper = _wrapper(using, database)
    try:
        connection = wrapper.get_new_connection(wrapper.get_connection_params())
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split())
        remedy = "Start the server, or see to DATABASES."
        raise BackupFailed(why=f"the database cannot be reached: {why}", remedy=remedy) from error
    connection.autocommit = True
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(f"SET {name} = 0")
    return connection


@contextmanager
def maintenance(using: str) -> Iterator["psycopg.Connection[Any]"]:
    *others, last = MAINTENANCE
    connection = None
    for database in others:
        with suppress(BackupFailed):
            connection = connect(using, database)
    with connection or connect(using, last) as opened:
        yield opened


@contextmanager
def scratch(using: str, purpose: str, like: str) -> Iterator[str]:
    """An empty database beside the one called ``like``, dropped in the end; one that a killed process has left is
    dropped before. Raises BackupRunning where another process, perhaps of another machine, uses this name."""
    number = int.from_bytes(hashlib.sha256(f"{like} {purpose}".encode()).digest()[:6], "big")
    name = f"{SCRATCH}{number:012x}"
    with maintenance(using) as server:
        row = server.execute("SELECT pg_try_advisory_lock(%s)", [number]).fetchone()
        if not row or not row[0]:
            raise BackupRunning(directory=f"the server of {like}")
        try:
            drop(server, name)
            _create(server, name, like)
            yield name
        finally:
            drop(server, name)


@contextmanager
def visible(using: str, database: str) -> Iterator[str]:
    """An alias under which the models can read it."""
    wrapper = _wrapper(using, database, alias=ALIAS)
    connections.settings[ALIAS] = wrapper.settings_dict
    connections[ALIAS] = wrapper
    try:
        yield ALIAS
    finally:
        wrapper.close()
        del connections[ALIAS], connections.settings[ALIAS]


def exists(server: "psycopg.Connection[Any]", database: str) -> bool:
    return server.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def may_create(server: "psycopg.Connection[Any]", database: str) -> bool:
    """Whether this role can put another database in its place."""
    [created] = server.execute(MAY_CREATE).fetchone() or [False]
    [replaced] = server.execute(MAY_REPLACE, [database]).fetchone() or [True]
    return bool(created and replaced)


def dated(server: "psycopg.Connection[Any]", database: str, at: datetime) -> str:
    """Under which the old one is kept: a name that is free."""
    number, ending = 1, f"_before_{at:%Y%m%dt%H%M%S}"
    while exists(server, name := _shortened(database, ending)):
        number += 1
        ending = f"_before_{at:%Y%m%dt%H%M%S}_{number}"
    return name


def dress(server: "psycopg.Connection[Any]", database: str, like: str) -> None:
    """Settings and rights of the database itself, as the other one has them."""
    for (statement,) in server.execute(OF_THE_DATABASE, {"old": like, "new": database}).fetchall():
        server.execute(statement)


def swap(server: "psycopg.Connection[Any]", using: str, new: str, live: str, old: str) -> None:
    """``new`` becomes ``live``, in one transaction: whoever connects finds one or the other. Everybody in ``live`` is
    told to leave, again and again: a pool comes back at once, until the rename has its lock."""
    for attempt in range(1, TRIES + 1):
        try:
            with leaving(lambda: maintenance(using), live), server.transaction():
                if exists(server, live):
                    server.execute(_rename(live, old))
                server.execute(_rename(new, live))
            return
        except psycopg.errors.ObjectInUse:
            if attempt == TRIES:
                raise


def drop(server: "psycopg.Connection[Any]", database: str) -> None:
    """With everybody in it."""
    with suppress(psycopg.errors.InvalidCatalogName):
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def _wrapper(using: str, database: str | None, alias: str | None = None) -> Any:
    like = connections[using]
    given = like.settings_dict
    options = {name: value for name, value in given["OPTIONS"].items() if name != "pool"}
    changed = {"OPTIONS": options, "NAME": database or given["NAME"], "CONN_MAX_AGE": 0}
    return type(like)({**given, **changed}, alias or using)


def _create(server: "psycopg.Connection[Any]", name: str, like: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
    row = server.execute(LIKE_IT, [like]).fetchone()
    if row:
        encoding, collate, ctype, provider, locale, owner = row
        statement += sql.SQL(" ENCODING {} LC_COLLATE {} LC_CTYPE {} OWNER {}").format(
            sql.Literal(encoding), sql.Literal(collate), sql.Literal(ctype), sql.Identifier(owner)
        )
        if provider == "i":
            statement += sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(locale))
        elif provider == "b":
            statement += sql.SQL(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(sql.Literal(locale))
    server.execute(statement)


def _shortened(database: str, ending: str) -> str:
    return database.encode()[: LONGEST - len(ending)].decode(errors="ignore") + ending


def _rename(name: str, new: str) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new))
