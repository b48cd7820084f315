"""What the tests of streams look at."""

from django.db import connection

from aistore.models import Message

CALL = {"id": "a", "name": "look", "arguments": "{}", "type": "function"}


def row(reply):
    """As others see it."""
    return Message.objects.get(pk=reply.message.pk)


def last_sign_of_life(message, *, seconds):
    with connection.cursor() as cursor:
        sql = (
            "UPDATE aistore_message SET beat_at = clock_timestamp() - make_interval(secs => %s) WHERE id = %s"
        )
        cursor.execute(sql, [seconds, message.pk])
