"""Streams under asyncio, where a task may be cancelled at any moment."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from aistore.models import Message
from tests.project.actors import until

from .asynchronously import run
from .invariants import assert_sound
from .streams import row

pytestmark = pytest.mark.usefixtures("committed", "quick_streams")


def test_asynchronously(conversation):
    """write() may be awaited or not."""

    async def main():
        async with conversation.astream("assistant", model="gpt-5") as reply:
            await reply.write("In ")
            reply.write("Hue")
        return reply

    assert (row(run(main())).content, Message.objects.get().status) == ("In Hue", "complete")


def test_afinish(conversation):
    async def main():
        async with conversation.astream() as reply:
            reply.write("In Hue")
            return await reply.afinish("incomplete", finish_reason="length")

    assert run(main()).status == Message.objects.get().status == "incomplete"


def test_a_cancelled_task(conversation):
    """A disconnected client: cancelled, with the text; a second cancellation changes nothing."""

    async def main():
        writing = asyncio.Event()

        async def answer():
            async with conversation.astream() as reply:
                reply.write("In H")
                writing.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(answer())
        await writing.wait()
        task.cancel()
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.gather(task, return_exceptions=True)
        assert await sync_to_async(until)(lambda: Message.objects.get().status != "streaming")

    run(main())
    assert (Message.objects.get().status, Message.objects.get().content) == ("cancelled", "In H")


@pytest.mark.parametrize("turns", range(6))
def test_cancelled_while_it_begins(conversation, turns):
    """At any moment of the beginning: no row stays streaming that nobody writes."""

    async def answer():
        async with conversation.astream():
            await asyncio.Event().wait()

    async def main():
        task = asyncio.create_task(answer())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sync_to_async(int)()  # what was begun in Django's thread has come to its end

    run(main())
    assert not Message.objects.filter(status="streaming").exists()
    assert_sound(conversation)


def test_asynchronously_in_a_transaction(conversation):
    """As in a host's test case: what has to wait is awaited."""

    async def main():
        await sync_to_async(transaction.set_autocommit)(False)
        async with conversation.astream() as reply:
            reply.write("In Hue")
            await asyncio.sleep(0.02)
            await reply.write("")
            stored = await sync_to_async(row)(reply)
        await sync_to_async(transaction.commit)()
        return stored.content

    assert run(main()) == "In Hue"
