"""What ready() connects. The connected things know nothing of it."""

from django.contrib.auth import get_user_model
from django.db.backends.signals import connection_created
from django.db.models.signals import post_save, pre_delete

from .cache.announcing import watch
from .models import Conversation, Memory, Message
from .models.telling import saved, user_changed


def connect() -> None:
    connection_created.connect(watch, dispatch_uid="aistore.watch")
    for model in (Conversation, Message, Memory):
        post_save.connect(saved, sender=model, dispatch_uid="aistore.saved")
    for signal in (post_save, pre_delete):
        signal.connect(user_changed, sender=get_user_model(), dispatch_uid="aistore.user_changed")
