"""The small conversations."""

import datetime as dt

import pytest
from msgspec.structs import replace

from aistore.demo.small import small_conversations
from aistore.demo.written import written_conversations


@pytest.fixture
def small(conversations, now):
    return list(small_conversations(conversations, numbers=range(1, 301), now=now))


def without_times(conversation):
    nothing = {"created_at": None, "updated_at": None, "last_message_at": None}
    messages = [replace(m, created_at=None, edited_at=None, revisions=[]) for m in conversation.messages]
    return replace(conversation, messages=messages, **nothing)


def test_same_every_time(small, now):
    """Number 7 is number 7, whichever others are made with it, and whenever: only its times differ."""
    later = now + dt.timedelta(days=9)
    [again] = small_conversations(written_conversations(later), numbers=[7], now=later)
    assert without_times(again) == without_times(small[6])


def test_line(small):
    """Numbered from one; each message answers the one before, or is a second answer to the same."""
    for conversation in small:
        ids = [message.external_id for message in conversation.messages]
        assert ids == [str(number) for number in range(1, len(ids) + 1)]
        assert [message.parent for message in conversation.messages][:2] == [None, "1"]


def test_times(small, now):
    """In order, and over before now."""
    for conversation in small:
        times = [message.created_at for message in conversation.messages]
        assert times == sorted(times)
        assert times[-1] == conversation.last_message_at <= now


def test_counted(small):
    """Every answer that came to its end has read all that stands before it."""
    for conversation in small:
        read = [message.input_tokens for message in conversation.messages if message.cost]
        assert read == sorted(read)
    answers = [m for one in small for m in one.messages if m.role == "assistant" and m.status == "complete"]
    assert all(answer.cost for answer in answers)


def test_varied(small):
    """Something of everything: models, tags, archived ones, untitled ones, ratings."""
    assert len({conversation.model for conversation in small}) > 5
    assert len({conversation.title for conversation in small}) > 150
    assert 10 < sum(conversation.is_archived for conversation in small) < 80
    assert any(not conversation.tags for conversation in small)
    assert {m.rating for one in small for m in one.messages} == {None, 1, -1}
