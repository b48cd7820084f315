"""What must be done again after a restore, because it was done after the backup: erasures."""

from collections.abc import Callable
from datetime import datetime

# Each takes the alias of the restored database, which nobody else sees yet, and the time of the backup; it returns how
# many it has done again. Who erases adds his own.
REPLAYS: list[Callable[[str, datetime], int]] = []


def replay(alias: str, *, since: datetime) -> int:
    return sum(again(alias, since) for again in REPLAYS)
