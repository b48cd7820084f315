"""Whole turns out of long conversations."""

from itertools import pairwise
from random import Random

import pytest

from aistore.demo.excerpts import LONGEST, Excerpts, active_path, first_turns, turns_of
from aistore.interop.canonical import CanonicalConversation, CanonicalMessage
from aistore.models.tool_calls import open_calls


def line(*roles):
    return [CanonicalMessage(external_id=str(number), role=role) for number, role in enumerate(roles, 1)]


def test_turns():
    """A turn begins with the user; what stands before the first is left out."""
    turns = turns_of(line("developer", "user", "assistant", "tool", "assistant", "user"))
    assert [[message.role for message in turn] for turn in turns] == [
        ["user", "assistant", "tool", "assistant"],
        ["user"],
    ]


@pytest.mark.parametrize(("most", "taken"), [(2, 2), (3, 2), (4, 4), (99, 6)])
def test_turns_stay_whole(most, taken):
    """A turn that does not fit is left out, but for the first."""
    assert len(first_turns(turns_of(line(*["user", "assistant"] * 3)), most=most)) == taken


def test_active_path():
    """From the root to the head, past the other branches."""
    messages = [
        CanonicalMessage(external_id="1", role="user"),
        CanonicalMessage(external_id="2", role="assistant", parent="1"),
        CanonicalMessage(external_id="3", role="assistant", parent="1"),
    ]
    branched = CanonicalConversation(external_id="c", source="s", messages=messages, head="2")
    assert [message.external_id for message in active_path(branched)] == ["1", "2"]


def test_too_long_a_turn():
    """A turn that is too long by itself is never drawn."""
    messages = line("user", *["assistant"] * LONGEST, "user", "assistant")
    for before, after in pairwise(messages):
        after.parent = before.external_id
    excerpts = Excerpts([CanonicalConversation(external_id="c", source="s", messages=messages)])
    assert len(excerpts.draw(Random(1)).messages) == 2


def test_drawn(conversations):
    """Two to twelve messages, a user's first, and no tool call without its result."""
    excerpts, random = Excerpts(conversations), Random(1)
    for _ in range(500):
        messages = excerpts.draw(random).messages
        assert 2 <= len(messages) <= 12
        assert messages[0].role == "user"
        assert not open_calls(messages)
        calls = {call["id"] for message in messages for call in message.tool_calls}
        assert {message.tool_call_id for message in messages if message.role == "tool"} <= calls
