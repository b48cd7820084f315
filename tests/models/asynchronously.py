"""Asynchronous code as a server runs it: a loop of its own, and Django's one thread for the database."""

import asyncio

from asgiref.sync import sync_to_async
from django.db import connections


def run(coroutine):
    return asyncio.run(_and_hang_up(coroutine))


async def _and_hang_up(coroutine):
    try:
        return await coroutine
    finally:
        await sync_to_async(connections.close_all)()
