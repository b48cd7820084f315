"""What ready() connects. The connected things know nothing of it."""

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.signals import request_started
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_save, pre_delete

from .backup.listing import proven_at
from .cache.announcing import watch
from .cache.maintenance import WARMERS
from .models import Conversation, Memory, Message
from .models.telling import saved, user_changed
from .models.warming import newest_conversations, newest_owners
from .performance import backups, cache_use, occupancy  # noqa: F401  (they add themselves to what the processes tell)
from .performance.noting import watch_statements
from .performance.watched_pool import watch_connection, watch_pools


def connect() -> None:
    connection_created.connect(watch, dispatch_uid="aistore.watch")
    connection_created.connect(watch_statements, dispatch_uid="aistore.watch_statements")
    connection_created.connect(watch_connection, dispatch_uid="aistore.watch_connection")
    request_started.connect(watch_pools, dispatch_uid="aistore.watch_pools")
    for connection in connections.all(initialized_only=True):
        watch(None, connection)
        watch_statements(None, connection)
    # Django names the class that was saved, be it a proxy of ours or a child that the host has made.
    for model in apps.get_models():
        if issubclass(model, Conversation | Message | Memory):
            post_save.connect(saved, sender=model, dispatch_uid="aistore.saved")
        elif issubclass(model, get_user_model()):
            for signal in (post_save, pre_delete):
                signal.connect(user_changed, sender=model, dispatch_uid="aistore.user_changed")
    backups.SOURCES["folder"] = proven_at
    WARMERS.update(conversations=newest_conversations, owners=newest_owners)
