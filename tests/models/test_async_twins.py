"""Async twins: what writes can be awaited, many at once, and cancelled at any moment."""

import asyncio
import random

import pytest

from .asynchronously import run
from .invariants import assert_sound, contents
from .test_appending import turns

pytestmark = pytest.mark.usefixtures("committed")


def test_twins_of_a_conversation(conversation):
    """All that writes, by await."""

    async def main():
        question = await conversation.aappend("user", "a")
        await conversation.aextend([{"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}])
        fork = await conversation.afork(at=question, title="Elsewhere")
        await conversation.acheckout(question)
        await conversation.aappend("assistant", tool_calls=[{"id": "x", "name": "look"}])
        assert len(await conversation.aclose_tool_calls()) == 1
        await conversation.asave()
        return fork

    assert contents(run(main())) == ["a"]
    assert contents(conversation) == ["a", "", "interrupted"]
    assert_sound(conversation)


def test_a_hundred_at_once(conversation):
    """asyncio.gather of 100 appends: each its own number."""

    async def main():
        return await asyncio.gather(*(conversation.aappend("user", f"{number}") for number in range(100)))

    messages = run(main())
    assert sorted(message.sequence_number for message in messages) == list(range(1, 101))
    assert_sound(conversation)


def test_cancelled_at_any_moment(conversation):
    """A write is there whole or not at all; what was acknowledged is there."""
    chance = random.Random(4)

    async def main():
        tasks = [
            asyncio.create_task(conversation.aextend([{"role": "user", "content": f"{number}"}] * 3))
            for number in range(100)
        ]
        for task in chance.sample(tasks, 60):
            await asyncio.sleep(chance.random() / 1000)
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = run(main())
    assert any(isinstance(result, asyncio.CancelledError) for result in results)
    assert_sound(conversation)
    written = contents(conversation)
    assert [written[index : index + 3] for index in range(0, len(written), 3)] == [
        [text] * 3 for text in written[::3]
    ]
    acknowledged = {f"{number}" for number, result in enumerate(results) if isinstance(result, list)}
    assert acknowledged <= set(written)


def test_twins_of_a_message(conversation):
    """Edit, rate and delete."""

    async def main():
        message = await conversation.aappend("user", "Hi")
        await message.aedit("Hello")
        await message.arate(1, comment="good")
        assert (await message.adelete())[0] == 1
        await conversation.aextend(turns(3))
        assert (await conversation.messages.last(2).adelete())[0] == 2

    run(main())
    conversation.refresh_from_db()
    assert conversation.message_count == 1
