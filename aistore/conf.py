"""Every setting of aistore: name, type, unit, default.

The host writes one dict, ``AISTORE = {"CACHE_LEASE": 10, …}``. Read a value as ``conf.settings.CACHE_LEASE``;
nobody else looks into the dict. It is read at the moment of use, so ``override_settings`` works.
A wrong key or type is reported by the system checks ``aistore.E001`` and ``aistore.E002``.
"""

import dataclasses
from typing import Any, get_type_hints

from django.conf import settings as django_settings


@dataclasses.dataclass(frozen=True)
class Defaults:
    CACHE_ALIAS: str | None = "default"  # which of CACHES; None: cached reads go to the database
    UPLOAD_MAX_BYTES: int = 50 * 1024**2  # one upload
    IMPORT_MAX_BYTES: int = 4 * 1024**3  # one import, unpacked
    IMPORT_MAX_CONVERSATION_BYTES: int = 256 * 1024**2  # one conversation of an import
    IMPORT_MAX_MESSAGE_BYTES: int = 64 * 1024**2  # one message of an import
    JSON_MAX_DEPTH: int = 200  # nesting of a JSON value; PostgreSQL itself gives up at some thousands
    STREAM_FLUSH_SECONDS: float = 0.5  # a stream writes its text through at most this often
    STREAM_BEAT_SECONDS: float = 5.0  # and gives a sign of life at least this often
    STREAM_DEAD_SECONDS: float = 15.0  # without one for this long it counts as failed


TYPES: dict[str, Any] = get_type_hints(Defaults)


class Settings:
    """Attribute access to the host's values over the defaults."""

    def __getattr__(self, name: str) -> Any:
        if name not in TYPES:
            raise AttributeError(f"aistore has no setting {name!r}")
        return given().get(name, getattr(Defaults, name))


def given() -> dict[str, Any]:
    """What the host wrote, as far as it is a dict."""
    value = written()
    return value if isinstance(value, dict) else {}


def written() -> Any:
    """What the host wrote, right or wrong: for the system checks."""
    return getattr(django_settings, "AISTORE", {})


settings = Settings()
