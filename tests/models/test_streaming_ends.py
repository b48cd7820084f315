"""How streams end: as they should in every case, with their text and what is known only then."""

# ruff: noqa: PT012
# The block of a stream is what an exception leaves.

import asyncio
import logging

import pytest

from aistore.exceptions import InvalidMessage, MessageGone, StreamEnded
from aistore.models import Message
from aistore.models.pulse import pulse
from tests.project.actors import until

from .invariants import assert_sound, contents
from .streams import CALL, row

pytestmark = pytest.mark.usefixtures("committed", "quick_streams")


def test_left_normally_it_is_complete(conversation):
    with conversation.stream() as reply:
        reply.write("In ")
        reply.write("Hue")
    stored = row(reply)
    assert (stored.status, stored.content, stored.beat_at) == ("complete", "In Hue", None)
    assert (reply.message.status, reply.message.content) == ("complete", "In Hue")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError, "failed"),
        (SystemExit, "failed"),
        (GeneratorExit, "cancelled"),
        (KeyboardInterrupt, "cancelled"),
        (asyncio.CancelledError, "cancelled"),
    ],
)
def test_left_by_an_exception(conversation, error, status):
    """The text stays, the reason is said, the exception goes on."""
    with pytest.raises(error), conversation.stream() as reply:
        reply.write("In H")
        raise error
    stored = row(reply)
    assert (stored.status, stored.content, stored.finish_reason) == (status, "In H", error.__name__)


def test_a_reader_who_closes_the_response(conversation):
    """The generator of a streaming response is closed by the server."""

    def chunks():
        with conversation.stream() as reply:
            for word in ("In ", "Hue"):
                reply.write(word)
                yield word

    response = chunks()
    next(response)
    response.close()
    stored = Message.objects.get()
    assert (stored.status, stored.content) == ("cancelled", "In ")


def test_finish_says_what_is_known_at_the_end(conversation):
    with conversation.stream(model="gpt-5") as reply:
        reply.write("In Hue")
        reply.finish("incomplete", finish_reason="length", usage={"prompt_tokens": 7}, metadata={"a": 1})
    stored = row(reply)
    assert (stored.status, stored.finish_reason, stored.input_tokens, stored.model) == (
        "incomplete",
        "length",
        7,
        "gpt-5",
    )
    assert (stored.usage, stored.metadata) == ({"prompt_tokens": 7}, {"a": 1})


def test_set_on_the_message(conversation):
    """What was set on reply.message is stored as well."""
    with conversation.stream(metadata={"a": [1]}) as reply:
        reply.message.metadata["a"].append(2)
        reply.message.finish_reason = "stop"
    assert (row(reply).metadata, row(reply).finish_reason) == ({"a": [1, 2]}, "stop")


def test_finish_leaves_alone_what_others_changed(conversation):
    """Hidden or rated by somebody while it was written."""
    with conversation.stream(metadata={"a": 1}, name="Minh") as reply:
        Message.objects.update(is_hidden=True, metadata={"b": 2}, rating=1)
        reply.write("In Hue")
    stored = row(reply)
    assert (stored.is_hidden, stored.metadata, stored.rating, stored.name) == (True, {"b": 2}, 1, "Minh")


def test_parts_at_the_end(conversation):
    """Parts of any kind, with the text that was streamed."""
    parts = [{"type": "reasoning", "text": "Hm"}, {"type": "text", "text": "In Hue"}]
    with conversation.stream() as reply:
        reply.write("In Hue")
        reply.finish(parts=parts)
    assert (row(reply).parts, row(reply).content) == (parts, "In Hue")


@pytest.mark.parametrize("wrong", [{"content": "x"}, {"rating": 1}, {"colour": "red"}])
def test_finish_with_unknown_fields(conversation, wrong):
    """Refused, and the stream goes on."""
    with conversation.stream() as reply:
        reply.write("In ")
        with pytest.raises(TypeError, match=next(iter(wrong))):
            reply.finish(**wrong)
        reply.write("Hue")
        assert until(lambda: row(reply).content == "In Hue")
    assert row(reply).status == "complete"


@pytest.mark.parametrize("status", ["streaming", "done", None])
def test_finish_with_an_unknown_status(conversation, status):
    """An end is an end: nothing stays streaming that nobody writes."""
    with conversation.stream() as reply, pytest.raises(InvalidMessage):
        reply.finish(status)
    assert row(reply).status == "complete"


def test_bad_values_at_the_end(conversation):
    """The text is kept nevertheless."""
    with pytest.raises(InvalidMessage), conversation.stream() as reply:
        reply.write("In Hue")
        reply.finish(usage="many")
    assert (row(reply).content, row(reply).status) == ("In Hue", "failed")


def test_bad_values_on_the_message(conversation):
    """The same; and it does not go on giving signs of life for ever."""
    with pytest.raises(InvalidMessage), conversation.stream() as reply:
        reply.write("In Hue")
        reply.message.metadata = "none"
    assert row(reply).content == "In Hue"
    assert not pulse._streams


def test_written_after_the_end(conversation):
    with conversation.stream() as reply:
        reply.finish()
    with pytest.raises(StreamEnded, match="complete"):
        reply.write("more")


def test_tool_calls_at_the_end(conversation):
    """They are open, as if they had been appended, and the next turn closes them."""
    with conversation.stream() as reply:
        reply.finish(tool_calls=[CALL])
    conversation.append("user", "Never mind")
    assert contents(conversation) == ["", "interrupted", "Never mind"]
    assert_sound(conversation)


def test_tool_calls_taken_back_at_the_end(conversation):
    """No result is stored for a call that is not there."""
    with conversation.stream(tool_calls=[CALL]) as reply:
        reply.finish(tool_calls=[])
    conversation.append("user", "Thanks")
    assert contents(conversation) == ["", "Thanks"]


def test_tool_calls_of_a_branch(conversation):
    """A stream that is no longer the head leaves the calls of the head alone."""
    question = conversation.append("user", "?")
    with conversation.stream() as reply:
        conversation.append("assistant", tool_calls=[{**CALL, "id": "b"}], parent=question)
        reply.finish(tool_calls=[CALL])
    conversation.refresh_from_db()
    assert conversation.open_tool_calls == ["b"]


def test_its_conversation_is_deleted(conversation):
    """Said at the end; a caller's own exception is not covered."""
    with pytest.raises(MessageGone), conversation.stream() as reply:
        conversation.delete()
        reply.write("In Hue")


def test_its_conversation_is_deleted_and_the_caller_fails(conversation, caplog):
    with pytest.raises(ValueError, match="mine"), conversation.stream():
        conversation.delete()
        raise ValueError("mine")
    assert [record.levelno for record in caplog.records if "could not be stored" in record.message] == [
        logging.WARNING
    ]
