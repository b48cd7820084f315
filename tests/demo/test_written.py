"""The written conversations in time."""

import datetime as dt

from aistore.demo.written import OF_LONG_AGO


def test_newest_is_minutes_old(conversations, now):
    """The demo looks alive whenever it is loaded, and does not look into the future."""
    ages = sorted(now - conversation.last_message_at for conversation in conversations)
    assert ages[0] == dt.timedelta(minutes=3)
    assert sum(age < dt.timedelta(days=1) for age in ages) >= 8


def test_old_ones_are_old(conversations, now):
    """What was archived, and what speaks of a certain October, is of long ago."""
    old = [one for one in conversations if one.is_archived or one.external_id in OF_LONG_AGO]
    assert len(old) == 4
    assert all(now - one.last_message_at > dt.timedelta(days=80) for one in old)


def test_times_follow_the_tree(conversations):
    """No message is older than the one that it answers."""
    for conversation in conversations:
        times = {message.external_id: message.created_at for message in conversation.messages}
        assert all(times[m.parent] <= m.created_at for m in conversation.messages if m.parent)


def test_branches(conversations):
    """The head is the tip of the branch that is shown."""
    heads = {conversation.external_id: conversation.head for conversation in conversations}
    assert heads["demo-essay-opening"] == "14"
