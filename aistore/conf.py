"""Every setting of aistore: name, type, unit, default.

The host writes one dict, ``AISTORE = {"CACHE_LEASE": 10, …}``. Read a value as ``conf.settings.CACHE_LEASE``;
nobody else looks into the dict. It is read at the moment of use, so ``override_settings`` works.
A wrong key or type is reported by the system checks ``aistore.E001`` and ``aistore.E002``.
"""

import dataclasses
from contextlib import AbstractContextManager
from pathlib import PurePath
from typing import Any, get_type_hints

from django.conf import settings as django_settings

# What people give to an assistant: nothing that runs when it is opened, documents with macros included.
UPLOAD_TYPES = (
    "text/*",
    "image/*",
    "audio/*",
    "video/*",
    "application/epub+zip",
    "application/json",
    "application/msword",
    "application/pdf",
    "application/rtf",
    "application/toml",
    "application/vnd.ms-excel",
    "application/vnd.ms-outlook",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.*",
    "application/vnd.openxmlformats-officedocument.*",
    "application/x-ndjson",
    "application/xml",
    "application/yaml",
    "application/zip",
)


@dataclasses.dataclass(frozen=True)
class Defaults:
    CACHE_ALIAS: str | None = "default"  # which of CACHES; None: cached reads go to the database
    CACHE_LEASE: float = 30.0  # seconds a stamp is trusted; what is not announced is seen after so long
    CACHE_TIMEOUT: float = 0.2  # seconds; a cache that takes longer counts as down
    CACHE_STRICT: bool = False  # a writer that cannot reach the cache answers only after one lease
    CACHE_KEPT_BYTES: int = 32 * 1024**2  # decoded records kept in each process; 0: none
    POOL_PRESET: str = "medium"  # small, medium or large; what follows goes before it
    POOL_PROCESSES: int | None = None  # of this host, which share the preset; None: WEB_CONCURRENCY, or 1
    POOL_MIN_SIZE: int | None = None  # connections of the host
    POOL_MAX_SIZE: int | None = None
    POOL_TIMEOUT: float | None = None  # seconds a caller waits for a connection
    POOL_WEB_TIMEOUT: float | None = None  # the same while a request is answered
    POOL_MAX_LIFETIME: float | None = None  # seconds after which a connection is made anew
    RECORDING: bool = True  # statements, requests and waits for the pool are counted
    RECORDING_FLUSH_SECONDS: float = 5.0  # between two times that the others are told
    SLOW_QUERY_SECONDS: float = 1.0  # so long and longer is slow
    USER_TTL: float = 3600.0  # seconds that an entry may live
    CONVERSATION_TTL: float = 1800.0
    MESSAGE_TTL: float = 1800.0
    SEARCH_TTL: float = 7200.0
    SEARCH_CONFIG: str = "simple"  # text search configuration; aistore_reindex after a change
    UPLOAD_MAX_BYTES: int = 50 * 1024**2  # one upload
    EMBEDDER: str | None = None  # dotted path of a callable: list of texts -> list of vectors
    EMBEDDER_MODEL: str | None = None  # the name its vectors are kept under; None: the path
    EMBEDDING_BATCH: int = 64  # texts in one call of it
    EMBEDDING_HOOK: str | None = (
        "aistore.embedding.in_background"  # called after the commit with ids and database
    )
    UPLOAD_TYPES: list | tuple = UPLOAD_TYPES  # patterns of the types that are stored
    UPLOAD_STORAGE: str = "default"  # which of STORAGES
    UPLOAD_CLAIM_SECONDS: float = 300.0  # a worker that has no result by then is taken for dead
    UPLOAD_ATTEMPTS: int = 5  # claims without a result; after these the upload counts as failed
    IMPORT_MAX_BYTES: int = 4 * 1024**3  # one import, unpacked
    IMPORT_MAX_CONVERSATION_BYTES: int = 256 * 1024**2  # one conversation of an import
    IMPORT_MAX_MESSAGE_BYTES: int = 64 * 1024**2  # one message of an import
    BACKUP_DIRECTORY: str | PurePath = "backups"  # beside manage.py (BASE_DIR), unless it is absolute
    BACKUP_KEEP: int = 7  # verified backups that rotation leaves
    BACKUP_STORAGE: str | None = None  # which of STORAGES gets a copy of each backup
    BACKUP_RECIPIENTS: list | tuple = ()  # age recipients; with one, backups are encrypted
    BACKUP_DATABASE: str | None = None  # alias of a direct connection, where the app's goes through a pooler
    BACKUP_PROGRAMS: str | PurePath = ""  # folder of pg_dump, pg_restore and psql; "": looked for
    JSON_MAX_DEPTH: int = 200  # nesting of a JSON value; PostgreSQL itself gives up at some thousands
    ADMIN_CSP: str | None = None  # Content-Security-Policy of our admin pages; None: a strict one; "": none
    STREAM_FLUSH_SECONDS: float = 0.5  # a stream writes its text through at most this often
    STREAM_BEAT_SECONDS: float = 5.0  # and gives a sign of life at least this often
    STREAM_DEAD_SECONDS: float = 15.0  # without one for this long it counts as failed


TYPES: dict[str, Any] = get_type_hints(Defaults)
DEFAULTS: dict[str, Any] = dataclasses.asdict(Defaults())


class Settings:
    """Attribute access to the host's values over the defaults."""

    def __getattr__(self, name: str) -> Any:
        if name not in DEFAULTS:
            raise AttributeError(f"aistore has no setting {name!r}")
        found = written()
        return found.get(name, DEFAULTS[name]) if isinstance(found, dict) else DEFAULTS[name]


def given() -> dict[str, Any]:
    """What the host wrote, as far as it is a dict."""
    found = written()
    return found if isinstance(found, dict) else {}


def written() -> Any:
    """What the host wrote, right or wrong: for the system checks."""
    if "AISTORE" not in LOOKED_UP:
        LOOKED_UP["AISTORE"] = getattr(django_settings, "AISTORE", {})
    return LOOKED_UP["AISTORE"]


def overridden(**values: Any) -> AbstractContextManager[Any]:
    """Other values for a while, for all threads of the process: for a benchmark, which has one of its own."""
    from django.test.utils import override_settings  # with Django's machinery for tests, which is heavy

    return override_settings(AISTORE={**given(), **values})


# Where Django remembers what it has looked up, until somebody overrides it. It does not remember what it has not found,
# and looks for 2 µs each time: a tenth of a cached read.
LOOKED_UP: dict[str, Any] = object.__getattribute__(django_settings, "__dict__")
settings = Settings()
