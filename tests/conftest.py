"""Every run of the tests has servers of its own, started on first need and gone with the run.

With DATABASE_URL or CACHE_URL set, those are used instead. The cache is emptied before each test: give the
tests a database number of their own in CACHE_URL.
"""

import os
import signal

import pytest
from django.conf import settings
from django_redis import get_redis_connection

from aistore.performance.flushing import flusher
from project import services
from project.services import ephemeral

WORKER = os.environ.get("PYTEST_XDIST_WORKER")


def use_servers_of_this_run() -> None:
    # The workers of pytest-xdist inherit the folder from their controller, and share its servers.
    if WORKER is None:
        os.environ["AISTORE_SERVICES_DIR"] = str(ephemeral.create().folder)
    places = services.Places.here()
    # pytest-django reads the settings before it reads this file.
    settings.MEDIA_ROOT = places.media
    if not os.environ.get("DATABASE_URL"):
        settings.DATABASES["default"]["HOST"] = str(places.sockets)
    # Most tests make databases and drop them, which the connections of a pool would not let go.
    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    if not os.environ.get("CACHE_URL"):
        number = int((WORKER or "gw0").removeprefix("gw"))
        settings.CACHES["default"]["LOCATION"] = f"unix://{places.valkey_socket}?db={number}"


use_servers_of_this_run()
# Who runs the tests in the background has them ignore Ctrl-C, and so would every process whose end by it is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# What is measured in the background would lie in the cache that a test looks into.
flusher.pause()
# A password that is hard to guess takes a second to check, and every test of the admin signs in.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No test sees what another one has cached. Costs 0.2 ms, and nothing before the servers run."""
    if os.environ.get("CACHE_URL") or services.running():
        get_redis_connection("default").flushdb()
