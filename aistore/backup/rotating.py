"""Which backups go. A function of names, times and proofs alone; what it says is then removed."""

import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..conf import settings
from ..exceptions import BackupError, InvalidRotation
from . import folder, offsite


@dataclass(frozen=True)
class Kept:
    """How many verified ones stay: the newest, and the newest of each of the last days, weeks and months."""

    newest: int
    daily: int = 0
    weekly: int = 0
    monthly: int = 0


@dataclass(frozen=True)
class Candidate:
    name: str
    at: datetime
    is_verified: bool


@dataclass(frozen=True)
class Rotated:
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def rotate(
    *,
    keep: int | None = None,
    keep_daily: int = 0,
    keep_weekly: int = 0,
    keep_monthly: int = 0,
    directory: str | os.PathLike[str] | None = None,
) -> Rotated:
    """Remove what is older than the verified ones that stay, in the folder and in BACKUP_STORAGE.

    Only complete backups of ours are looked at; nothing else in the folder is touched. ``keep`` is BACKUP_KEEP if
    nothing is said. Raises InvalidRotation, BackupRunning.
    """
    target = folder.directory(directory)
    rules = rules_of(keep, keep_daily, keep_weekly, keep_monthly)
    with folder.locked(target):
        return rotate_locked(target, rules)


def rules_of(keep: int | None = None, daily: int = 0, weekly: int = 0, monthly: int = 0) -> Kept:
    newest = settings.BACKUP_KEEP if keep is None else keep
    if newest < 1 or min(daily, weekly, monthly) < 0:
        why = f"a rule that keeps {min(newest, daily, weekly, monthly)} would remove what may be needed"
        raise InvalidRotation(why=why)
    return Kept(newest, daily, weekly, monthly)


def rotate_locked(target: Path, rules: Kept) -> Rotated:
    candidates = list(_candidates(target))
    gone = superfluous(candidates, rules)
    for name in sorted(gone):
        folder.remove(target / name)
    offsite.remove(gone)
    kept = tuple(one.name for one in candidates if one.name not in gone)
    return Rotated(kept, tuple(sorted(gone)))


def superfluous(candidates: Iterable[Candidate], rules: Kept) -> set[str]:
    """The names of those that go. Never the newest verified one, nor any that is newer than it."""
    ordered = sorted(candidates, key=lambda one: (one.at, one.name), reverse=True)
    verified = [one for one in ordered if one.is_verified]
    if not verified:
        return set()
    kept = set(verified[: rules.newest])
    kept |= _newest_of_each(verified, rules.daily, lambda at: at.date())
    kept |= _newest_of_each(verified, rules.weekly, lambda at: at.isocalendar()[:2])
    kept |= _newest_of_each(verified, rules.monthly, lambda at: (at.year, at.month))
    oldest = min(kept & set(verified[: rules.newest]), key=lambda one: (one.at, one.name))
    # Unverified ones among the newest may be the only trace of their day: they stay until verified ones are newer.
    return {
        one.name
        for one in ordered
        if one not in kept and (one.is_verified or (one.at, one.name) < (oldest.at, oldest.name))
    }


def _newest_of_each(
    verified: Sequence[Candidate], count: int, period: Callable[[datetime], Hashable]
) -> set[Candidate]:
    newest: dict[Hashable, Candidate] = {}
    for one in verified:
        newest.setdefault(period(one.at), one)
    return set(list(newest.values())[:count])


def _candidates(target: Path) -> Iterable[Candidate]:
    """One that does not say when it was made, or what it is, is left alone: somebody may want to look at it."""
    for name in folder.names(target):
        try:
            manifest = folder.manifest_of(target / name)
        except (BackupError, OSError):
            continue
        yield Candidate(name, manifest.created_at, manifest.verified is not None)
