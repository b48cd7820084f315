"""One run of the schedule: make, verify, copy, rotate. Whatever fails, nothing older goes."""

import os
from dataclasses import dataclass

from . import folder, offsite
from .creating import OnProgress, create_locked, told
from .listing import Backup, described
from .rotating import rotate_locked, rules_of
from .verifying import verify_locked


@dataclass(frozen=True)
class BackedUp:
    backup: Backup
    removed: tuple[str, ...]


def back_up(
    *,
    keep: int | None = None,
    keep_daily: int = 0,
    keep_weekly: int = 0,
    keep_monthly: int = 0,
    verify: bool = True,
    directory: str | os.PathLike[str] | None = None,
    on_progress: OnProgress | None = None,
) -> BackedUp:
    """Raises what create(), verify() and rotate() raise. Without ``verify`` nothing is rotated away: rotation counts
    verified ones."""
    rules = rules_of(keep, keep_daily, keep_weekly, keep_monthly)
    target = folder.directory(directory)
    with told(target), folder.locked(target):
        path = create_locked(target, on_progress)
        if verify:
            verify_locked(path, on_progress=on_progress)
        is_offsite = offsite.send(path)
        removed = rotate_locked(target, rules).removed if verify else ()
        return BackedUp(described(path, is_offsite=is_offsite), removed)
