import datetime as dt

import pytest
from django.utils import timezone

from aistore import demo
from aistore.demo import written

SMALL = 40  # conversations; enough for everybody to get some, and loaded in a moment


@pytest.fixture(autouse=True)
def cheap_passwords(settings):
    """Half of the time of a small demo is the hash of the password, which is made to take long."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def conversations(now):
    """Those written by hand, as plain data."""
    return written.written_conversations(now)


@pytest.fixture
def loaded(db):
    return demo.load(small=SMALL)
