"""Times within a conversation."""

import datetime as dt
from itertools import pairwise

from aistore.demo.pace import ANSWER, LONGEST_PAUSE, paced
from aistore.interop.canonical import CanonicalMessage

START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def messages(*minutes):
    return [
        CanonicalMessage(external_id=str(number), role="user", created_at=START + dt.timedelta(minutes=at))
        for number, at in enumerate(minutes)
    ]


def test_paced(now):
    """The last message at the end; pauses as they are, but for long ones; none back in time."""
    times = [message.created_at for message in paced(messages(0, 3, 9_999, 9_999), now)]
    pauses = [after - before for before, after in pairwise(times)]
    assert times[-1] == now
    assert pauses == [dt.timedelta(minutes=3), LONGEST_PAUSE, ANSWER]
