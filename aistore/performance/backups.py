"""What alerts want to know of backups. Who makes them stands on a floor above, and is connected in ready()."""

import datetime as dt
from collections.abc import Callable

# By name: each says since when there is a verified backup; None: it has none to speak of.
SOURCES: dict[str, Callable[[], dt.datetime | None]] = {}


def newest_verified_backup() -> dt.datetime | None:
    """When it was made; None: no backups are configured."""
    made_at = (source() for source in SOURCES.values())
    return max((at for at in made_at if at is not None), default=None)
