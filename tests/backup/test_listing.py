"""What alerts learn of the folder of backups."""

import datetime as dt

import pytest

from aistore import backup
from aistore.backup.listing import proven_at
from aistore.performance.readings import readings


def test_no_backup_yet(database):
    assert proven_at() is None
    assert readings()["backup_age"].note == "no backups are configured"


def test_the_newest_verified_one(conversation):
    """Not the newest: that one is not proven."""
    first = backup.create()
    backup.verify(first.name)
    second = backup.create()
    assert proven_at() == first.created_at < second.created_at
    age = (dt.datetime.now(dt.UTC) - first.created_at).total_seconds()
    assert readings()["backup_age"].value == pytest.approx(age, abs=30)


def test_none_is_verified(conversation):
    """As old as the oldest: so long nothing is proven."""
    first = backup.create()
    backup.create()
    assert proven_at() == first.created_at
