"""Backups that are proven, and restores that are all or nothing.

create()     dump the database and copy the files of uploads
verify()     compare every byte with its hash; deep: restore into a scratch database and compare
rotate()     remove what is older than the verified ones that stay
back_up()    the three of them, under one lock: what aistore_backup does
backups()    which there are, and how good they are
plan()       what restore() would do
restore()    beside the live database, then in its place
"""

from .creating import create
from .listing import Backup, backups, newest_verified
from .planning import Plan, plan
from .restoring import Restored, restore
from .rotating import Rotated, rotate
from .running import BackedUp, back_up
from .verifying import Verified, verify

__all__ = [
    "BackedUp",
    "Backup",
    "Plan",
    "Restored",
    "Rotated",
    "Verified",
    "back_up",
    "backups",
    "create",
    "newest_verified",
    "plan",
    "restore",
    "rotate",
    "verify",
]
