"""A process that streams what it is told, line by line, until an empty line.

python -m tests.faults.streamer CONVERSATION
"""

import os
import signal
import sys

import django
from django.conf import settings

from .writers import say


def main(conversation_id: str) -> None:
    django.setup()
    settings.AISTORE = {"STREAM_FLUSH_SECONDS": 0.02, "STREAM_BEAT_SECONDS": 0.05}
    from aistore.models import Conversation

    with Conversation.objects.get(pk=conversation_id).stream() as reply:
        say(reply.message.pk)
        for line in sys.stdin:
            if line == "fork\n":
                fork(conversation_id)
            elif line == "\n":
                break
            else:
                reply.write(line)
    say(reply.message.status)


def fork(conversation_id: str) -> None:
    """The child streams something of its own, for as long as it lives."""
    from django.db import connections

    from aistore.models import Conversation

    if os.fork():
        return
    for connection in connections.all():
        connection.connection = None  # the parent's, which is not to be closed
    with Conversation.objects.get(pk=conversation_id).stream() as reply:
        say(os.getpid(), reply.message.pk)
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
