"""How large the connection pool is. Written in settings.py, before there are any apps:

    from aistore.performance import pool

    DATABASES["default"]["OPTIONS"] = {"pool": pool.options()}

Note [Small pools]. A Python process is busy with one request at a time: connections beyond a handful wait for it, not
for PostgreSQL, and hold locks meanwhile. So the sizes are of a host, and its processes share them.
"""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ..conf import settings
from .origin import program


@dataclasses.dataclass(frozen=True)
class Preset:
    """Connections of one host, and seconds."""

    min_size: int
    max_size: int
    timeout: float = 30.0  # a caller waits so long for a connection
    web_timeout: float = 5.0  # while a request is answered: who asked has a time-out, too
    max_lifetime: float = 1800.0  # then a connection is made anew


SMALL = Preset(min_size=10, max_size=20)  # up to 100 users
MEDIUM = Preset(min_size=20, max_size=50)  # up to 1,000
LARGE = Preset(min_size=50, max_size=100)  # more
PRESETS = {"small": SMALL, "medium": MEDIUM, "large": LARGE}
KEYS = {field.name: f"POOL_{field.name.upper()}" for field in dataclasses.fields(Preset)}


def options(preset: str | None = None, *, processes: int | None = None, **own: Any) -> "Options":
    """What Django takes as OPTIONS["pool"]. What is not given here is read from AISTORE when the pool is made.

    ``preset``: "small", "medium" or "large". ``processes``: of this host, between which it is divided. ``own``: keys of
    psycopg_pool.ConnectionPool for one process, which are passed on as they are.
    """
    if preset is not None:
        named(preset)
    return Options(preset, processes, own)


class Options(Mapping[str, Any]):
    """The arguments of psycopg's pool in one process. A mapping and no dict, because settings.py, where it is made,
    may say more about it further down."""

    def __init__(self, preset: str | None, processes: int | None, own: dict[str, Any]) -> None:
        self._preset, self._processes, self._own = preset, processes, own

    @property
    def processes(self) -> int:
        return self._processes or settings.POOL_PROCESSES or _web_concurrency()

    @property
    def host(self) -> Preset:
        """What all processes of this host have together."""
        preset = named(self._preset or settings.POOL_PRESET)
        given = {field: getattr(settings, key) for field, key in KEYS.items()}
        return dataclasses.replace(
            preset, **{field: value for field, value in given.items() if value is not None}
        )

    @property
    def web_timeout(self) -> float:
        return self.host.web_timeout

    def _arguments(self) -> dict[str, Any]:
        host, processes = self.host, self.processes
        most = max(host.max_size // processes, 1)
        # A command is one thread: it opens what it needs, and not twenty.
        least = 0 if program().startswith("manage.py") else min(host.min_size // processes, most)
        return {
            "min_size": least, "max_size": most, "timeout": host.timeout, "max_lifetime": host.max_lifetime,
        } | self._own  # fmt: skip

    def __getitem__(self, key: str) -> Any:
        return self._arguments()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arguments())

    def __len__(self) -> int:
        return len(self._arguments())

    def __bool__(self) -> bool:
        """Django asks at every connection."""
        return True

    def __repr__(self) -> str:
        return f"pool.options({self._arguments()})"


def named(preset: str) -> Preset:
    try:
        return PRESETS[preset]
    except (KeyError, TypeError):
        raise ImproperlyConfigured(
            f"{preset!r} is no preset of the connection pool. There are {', '.join(map(repr, PRESETS))};"
            " POOL_MIN_SIZE and POOL_MAX_SIZE in AISTORE change a preset."
        ) from None


def _web_concurrency() -> int:
    """Where gunicorn and uvicorn look for how many processes they shall start."""
    try:
        return max(int(os.environ.get("WEB_CONCURRENCY", "1")), 1)
    except ValueError:
        return 1
