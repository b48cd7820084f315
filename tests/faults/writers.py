"""Sixteen processes that append to one conversation and are not discouraged by anything.

    python -m tests.faults.writers CONVERSATION FOLDER

Each notes in FOLDER/<number> what was acknowledged to it, by a line that is written after the call returned. When
an error leaves open what became of a call, it is repeated with the same external_id.
"""

import os
import random
import sys
import time
from pathlib import Path

import django
from django.db import InterfaceError, OperationalError, connections, transaction

WRITERS, CALLS = 16, 30


def main(conversation_id: str, folder: str) -> None:
    django.setup()
    children = [fork(conversation_id, Path(folder), number) for number in range(WRITERS)]
    say(*children)
    for child in children:
        os.waitpid(child, 0)


def say(*words: object) -> None:
    """A line to whoever has started this process."""
    os.write(sys.stdout.fileno(), " ".join(map(str, words)).encode() + b"\n")


def fork(conversation_id: str, folder: Path, number: int) -> int:
    """A child has loaded everything, and has no connection yet."""
    child = os.fork()
    if child:
        return child
    try:
        append_all(conversation_id, folder / f"{number}", number)
    finally:
        os._exit(1)


def append_all(conversation_id: str, notes: Path, number: int) -> None:
    chance = random.Random(number)
    log = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for call in range(CALLS):
        keys = [f"{number}-{call}-{place}" for place in range(1 if chance.random() < 0.8 else 3)]
        if chance.random() < 0.1:
            until_answered(lambda: roll_back(conversation_id))
        messages = until_answered(lambda: append(conversation_id, keys))  # noqa: B023
        os.write(log, "".join(f"{message.pk} {message.external_id}\n" for message in messages).encode())
    os.write(log, b"done\n")


def append(conversation_id, keys):
    from aistore.models import Conversation

    conversation = Conversation.objects.get(pk=conversation_id)
    if len(keys) == 1:
        return [conversation.append("user", keys[0], external_id=keys[0])]
    with transaction.atomic():
        return conversation.extend({"role": "user", "content": key, "external_id": key} for key in keys)


def roll_back(conversation_id):
    from aistore.models import Conversation

    with transaction.atomic():
        Conversation.objects.get(pk=conversation_id).append("user", "rolled back")
        transaction.set_rollback(True)


def until_answered(call):
    from project.services import ServicesError

    while True:
        try:
            return call()
        except (OperationalError, InterfaceError, ServicesError):
            connections.close_all()
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
