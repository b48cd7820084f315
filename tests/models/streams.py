"""What the tests of streams look at."""

from django.db import connection, transaction

from aistore.models import Message

CALL = {"id": "a", "name": "look", "arguments": "{}", "type": "function"}


def row(reply):
    """As others see it."""
    return Message.objects.get(pk=reply.message.pk)


def last_sign_of_life(message, *, seconds):
    """Time passes: no write, so nobody's state is renewed and nobody's lock is asked for."""
    sql = "UPDATE aistore_message SET beat_at = clock_timestamp() - make_interval(secs => %s) WHERE id = %s"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, [seconds, message.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
