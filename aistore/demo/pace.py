"""When each message of a small conversation is sent, if the last one is sent at a given time."""

import datetime as dt
from itertools import pairwise

from msgspec.structs import replace

from ..interop.canonical import CanonicalMessage

LONGEST_PAUSE = dt.timedelta(minutes=25)  # the written ones pause for weeks
ANSWER = dt.timedelta(seconds=8)  # where the excerpt does not tell


def paced(messages: list[CanonicalMessage], end: dt.datetime) -> list[CanonicalMessage]:
    """With the pauses that they have, cut to a believable length for one sitting."""
    pauses = [pause(before, after) for before, after in pairwise(messages)]
    time = end - sum(pauses, dt.timedelta())
    timed = []
    for message, after in zip(messages, [*pauses, dt.timedelta()], strict=True):
        timed.append(replace(message, created_at=time))
        time += after
    return timed


def pause(before: CanonicalMessage, after: CanonicalMessage) -> dt.timedelta:
    if before.created_at is None or after.created_at is None or after.created_at <= before.created_at:
        return ANSWER
    return min(after.created_at - before.created_at, LONGEST_PAUSE)
