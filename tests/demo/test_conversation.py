"""Who gets which conversations."""

from collections import Counter

from aistore.demo.conversation import PREFIX, whose
from aistore.models import Conversation, Message


def test_written_ones_are_the_owners(loaded):
    """All that was written by hand belongs to admin."""
    written = Conversation.objects.exclude(external_id__startswith=PREFIX)
    assert set(written.values_list("owner__username", flat=True)) == {"admin"}
    assert written.count() == 44


def test_shares():
    """Six of ten are the owner's, the others have the rest in equal parts."""
    shares = Counter(whose(number, "admin", ["a", "b", "c"]) for number in range(1, 2_001))
    assert shares["admin"] == 1_200
    assert max(shares["a"], shares["b"], shares["c"]) - min(shares["a"], shares["b"], shares["c"]) <= 1


def test_nobody_else():
    """Without others, all is the owner's."""
    assert {whose(number, "admin", []) for number in range(20)} == {"admin"}


def test_as_written(loaded):
    """A text comes back to the character, with its tool calls, its rating and its price."""
    conversation = Conversation.objects.get(external_id="demo-photo-walk")
    message = conversation.messages.get(external_id="2")
    assert message.content == "I'll look at the forecast for both days and at your calendar."
    assert [call["id"] for call in message.tool_calls] == ["call_w1", "call_w2", "call_c1"]
    assert (message.input_tokens, message.output_tokens) == (171, 95)


def test_statuses(loaded):
    """Failed, cancelled and cut turns are there to be seen."""
    assert set(Message.objects.values_list("status", flat=True)) == {
        *("complete", "failed", "cancelled", "incomplete")
    }
