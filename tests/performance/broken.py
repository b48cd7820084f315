"""Servers that do not answer, without breaking those of the run."""

import contextlib

from django.db import connection

NOWHERE = "/nowhere-7f3a"


@contextlib.contextmanager
def no_database(monkeypatch):
    """New connections go where nobody listens; the test's own stays."""
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", NOWHERE)
        yield


def no_cache(settings):
    nowhere = {"LOCATION": f"unix://{NOWHERE}/v.sock", "OPTIONS": {}}
    settings.CACHES = {"default": settings.CACHES["default"] | nowhere}
