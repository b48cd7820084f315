"""More databases than one: aliases for the length of a test, and routers as a host writes them."""

import contextlib
import copy

from django.db import connections


@contextlib.contextmanager
def alias(name, **changes):
    """Another connection, to the test's database if not to another one."""
    connections.settings[name] = {**copy.deepcopy(connections.settings["default"]), **changes}
    try:
        yield name
    finally:
        connections[name].close()
        del connections[name], connections.settings[name]


class Elsewhere:
    """The tables of aistore, and no others, lie in a database of their own."""

    def db_for_read(self, model, **hints):
        return "elsewhere" if model._meta.app_label == "aistore" else None

    db_for_write = db_for_read

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return (db == "elsewhere") == (app_label == "aistore")


class Replica:
    """Read there, write here."""

    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True
