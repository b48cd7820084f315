"""System checks: a wrong setting is found at start-up, with a hint.

aistore.E001  AISTORE has a key that aistore does not know
aistore.E002  a value of AISTORE has the wrong type, or is negative
aistore.E003  the database of the app is not PostgreSQL
aistore.E004  UPLOAD_STORAGE names none of STORAGES
aistore.E005  the module of EMBEDDER or EMBEDDING_HOOK is not there
aistore.E006  POOL_PRESET names no preset
aistore.E007  a pool together with persistent connections
aistore.W001  uploads have no folder of their own
aistore.W002  CACHE_ALIAS names a cache that is not of django-redis

With a connection, for ``check --database`` and ``migrate``:

aistore.W003  EMBEDDER is set, and the database has no vectors
aistore.W004  SEARCH_CONFIG is not what the words were made with
aistore.W005  the pools of the processes may want more connections than PostgreSQL gives
aistore.W006  a pooler stands before PostgreSQL, and what it cannot do is not switched off
"""

import difflib
from collections.abc import Sequence
from importlib.util import find_spec
from types import UnionType
from typing import Any, get_args

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import FileSystemStorage, storages
from django.db import connections, router

from . import conf
from .cache import link
from .embedding import embedder, table
from .models import Conversation, Memory, Upload, reindexing
from .performance import connecting
from .performance.pool import PRESETS


@register("aistore")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not isinstance(conf.written(), dict):
        return [
            Error("AISTORE is not a dict.", hint='Write AISTORE = {"NAME": value, …}.', id="aistore.E002")
        ]
    unknown = [name for name in conf.given() if name not in conf.TYPES]
    wrong = [name for name, value in conf.given().items() if name in conf.TYPES and not _fits(name, value)]
    return [*map(_unknown_key, unknown), *map(_wrong_type, wrong)]


@register("aistore")
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Asks only what the settings say, so it is not among the checks that need a connection."""
    alias = router.db_for_write(Conversation)
    if connections[alias].vendor == "postgresql":
        return []
    return [
        Error(
            f"aistore keeps its tables in the database {alias!r}, which is not PostgreSQL.",
            hint="Use PostgreSQL 15 or newer there, or route the app 'aistore' to a database that is.",
            id="aistore.E003",
        )
    ]


@register("aistore")
def check_upload_folder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Django takes an empty MEDIA_ROOT, its default, for the folder that the process was started in."""
    alias = conf.settings.UPLOAD_STORAGE
    if alias not in storages.backends:
        return [
            Error(
                f"AISTORE['UPLOAD_STORAGE'] is {alias!r}, which is none of STORAGES.",
                hint=f"Add it to STORAGES, or choose one of {', '.join(sorted(storages.backends))}.",
                id="aistore.E004",
            )
        ]
    storage = Upload._meta.get_field("file").storage
    if not isinstance(storage, FileSystemStorage) or storage.base_location:
        return []
    return [
        Warning(
            "MEDIA_ROOT is empty, so uploads would be written to the folder that the process was started in.",
            hint='Write MEDIA_ROOT = BASE_DIR / "media", or name another storage in AISTORE["UPLOAD_STORAGE"].',
            id="aistore.W001",
        )
    ]


@register("aistore")
def check_cache(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    alias = conf.settings.CACHE_ALIAS
    if not isinstance(alias, str) or link.is_served(alias):
        return []
    return [
        Warning(
            f"AISTORE['CACHE_ALIAS'] is {alias!r}, which is no cache of django-redis: cached reads go to the database.",
            hint='Set its BACKEND to "django_redis.cache.RedisCache", or CACHE_ALIAS to None if that is what you want.',
            id="aistore.W002",
        )
    ]


@register("aistore")
def check_embedder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Looks for the modules, and does not load them: that may load a model."""
    paths = {name: getattr(conf.settings, name) for name in ("EMBEDDER", "EMBEDDING_HOOK")}
    return [
        Error(
            f"AISTORE[{name!r}] is {path!r}, whose module cannot be found.",
            hint="Write the path of a function: module, dot, name.",
            id="aistore.E005",
        )
        for name, path in paths.items()
        if isinstance(path, str) and not _has_module(path)
    ]


@register("aistore", Tags.database)
def check_search(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    alias, wanted = router.db_for_write(Memory), conf.settings.SEARCH_CONFIG
    installed = reindexing.installed_config(alias) if alias in (databases or ()) else None
    if installed in (None, wanted):
        return []
    return [
        Warning(
            f"AISTORE['SEARCH_CONFIG'] is {wanted!r}, but the words were made with {installed!r}.",
            hint="Run manage.py aistore_reindex; until then, search goes on as before.",
            id="aistore.W004",
        )
    ]


@register("aistore", Tags.database)
def check_vectors(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Only with --database, or before migrations; a database that has not been migrated yet has nothing to tell."""
    alias = router.db_for_write(Memory)
    if alias not in (databases or ()) or not embedder.is_configured() or not _is_migrated(alias):
        return []
    if not (why := table.why_not(alias)):
        return []
    return [
        Warning(f"AISTORE['EMBEDDER'] is set, but relevant() finds by words only: {why}", id="aistore.W003")
    ]


def _has_module(path: str) -> bool:
    try:
        return find_spec(path.rpartition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def _is_migrated(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        return Memory._meta.db_table in connections[alias].introspection.table_names(cursor)


@register("aistore")
def check_pool(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    preset = conf.settings.POOL_PRESET
    if isinstance(preset, str) and preset not in PRESETS:
        found.append(
            Error(
                f"AISTORE['POOL_PRESET'] is {preset!r}, which is no preset of the connection pool.",
                hint=f"There are {', '.join(map(repr, PRESETS))}; POOL_MIN_SIZE and POOL_MAX_SIZE change one.",
                id="aistore.E006",
            )
        )
    return [*found, *map(_persistent_pool, connecting.persistent_pools())]


@register(Tags.database)
def check_connections(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    ours = [alias for alias in databases or () if connections[alias].vendor == "postgresql"]
    return [
        *[_too_many(demand) for demand in map(connecting.demand, ours) if demand and demand.is_too_high],
        *[_pooler(alias) for alias in ours if connecting.is_pooler_misused(alias)],
    ]


def _fits(name: str, value: Any) -> bool:
    kinds = get_args(conf.TYPES[name]) if isinstance(conf.TYPES[name], UnionType) else (conf.TYPES[name],)
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int | float) and not value >= 0:  # so written, NaN does not fit either
        return False
    return isinstance(value, kinds) or (float in kinds and isinstance(value, int))


def _persistent_pool(alias: str) -> Error:
    return Error(
        f"DATABASES[{alias!r}] has a pool, and a CONN_MAX_AGE that is not 0: Django refuses to connect.",
        hint="Set CONN_MAX_AGE to 0. The pool keeps connections open; POOL_MAX_LIFETIME says for how long.",
        id="aistore.E007",
    )


def _too_many(demand: connecting.Demand) -> Warning:
    return Warning(
        f"The pools of DATABASES[{demand.alias!r}] may want {demand.wanted} connections ({demand.processes} processes"
        f" with {demand.each} each), and PostgreSQL gives {demand.given}.",
        hint="Lower POOL_MAX_SIZE or take a smaller POOL_PRESET, or raise max_connections in PostgreSQL. With several"
        " hosts, divide what PostgreSQL gives between them.",
        id="aistore.W005",
    )


def _pooler(alias: str) -> Warning:
    return Warning(
        f"A pooler such as PgBouncer stands before the PostgreSQL of DATABASES[{alias!r}]. In transaction mode it"
        " breaks server-side cursors and prepared statements, which are not switched off.",
        hint="Set DISABLE_SERVER_SIDE_CURSORS to True, and leave prepare_threshold out of OPTIONS. In session mode all"
        " is well: put aistore.W006 into SILENCED_SYSTEM_CHECKS.",
        id="aistore.W006",
    )


def _unknown_key(name: str) -> Error:
    near = difflib.get_close_matches(str(name), conf.TYPES, n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(conf.TYPES))}."
    return Error(f"AISTORE has the unknown key {name!r}.", hint=hint, id="aistore.E001")


def _wrong_type(name: str) -> Error:
    wanted = getattr(conf.TYPES[name], "__name__", None) or str(conf.TYPES[name])
    least = " of 0 or more" if wanted in ("int", "float") else ""
    return Error(
        f"AISTORE[{name!r}] is {conf.given()[name]!r}, which is not of type {wanted}{least}.",
        hint=f"The default is {getattr(conf.Defaults, name)!r}.",
        id="aistore.E002",
    )
