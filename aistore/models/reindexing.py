"""Another text search configuration: the words are made anew."""

from django.db import connections, router, transaction

from ..conf import settings
from ..search import schema
from .message import Message


def reindex(*, force: bool = False) -> bool:
    """Write SEARCH_CONFIG into the functions of the database and make all words with it; False where they are so
    already. All or nothing; the tables are rewritten under a lock, about a minute for 1,000,000 messages.

    Raises UnknownSearchConfig.
    """
    using = router.db_for_write(Message)
    if not force and installed_config(using) == settings.SEARCH_CONFIG:
        return False
    with transaction.atomic(using=using):
        connection = connections[using]
        schema.drop_words(connection)
        schema.install(connection, settings.SEARCH_CONFIG)
        schema.add_words(connection)
    with connections[using].cursor() as cursor:
        cursor.execute("ANALYZE aistore_message, aistore_memory")
    return True


def installed_config(using: str) -> str | None:
    """What the words were made with; None before the migrations."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regproc('aistore_search_config') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT aistore_search_config()")
        return str(cursor.fetchone()[0])
