"""Others who store conversations, doing the same beside us: their released packages where they are installed.

``pip install -e .[benchmarks]`` brings them. They keep less: langchain-postgres has neither numbers nor counters,
openai-agents no numbers, and both keep a message as one JSON value.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, Protocol

from django.db import connections

from aistore.models import Conversation, Message

from .data import PER_CONVERSATION, Data
from .plain import Plain
from .raw import CONTENT, Raw
from .rounds import Taken, times

CONVERSATIONS = 100  # of each, with 50 messages


class Peer(Protocol):
    name: str

    def start(self, contents: list[str]) -> Any: ...
    def append(self, conversation: Any, content: str) -> Any: ...
    def last(self, conversation: Any, count: int) -> Any: ...


def show(data: Data, calls: int) -> dict[str, dict[str, float]]:
    """Print what each takes for each operation, in microseconds and against ours."""
    peers: list[Peer] = [Ours(data), *others(data)]
    stored = {
        peer.name: [peer.start([CONTENT] * PER_CONVERSATION) for _ in range(CONVERSATIONS)] for peer in peers
    }
    print(
        f"\nbeside others, {CONVERSATIONS} conversations of {PER_CONVERSATION} messages each; µs (against aistore)\n"
    )
    print(f"{'operation':<38}", *(f"{peer.name:>20}" for peer in peers))
    return {name: _shown(name, taken) for name, taken in operations(peers, stored, calls)}


def operations(
    peers: list[Peer], stored: dict[str, list[Any]], calls: int
) -> Iterator[tuple[str, dict[str, Taken]]]:
    def of(peer: Peer, call: Callable[[Peer, Any], Any]) -> Callable[[int], Any]:
        return lambda index: call(peer, stored[peer.name][index])

    for name, call in (
        ("last 50", lambda peer, conversation: peer.last(conversation, 50)),
        ("append", lambda peer, conversation: peer.append(conversation, CONTENT)),
        ("start a conversation with 2 messages", lambda peer, _: peer.start([CONTENT, CONTENT])),
    ):
        dice = random.Random(4)
        indexes = [dice.randrange(CONVERSATIONS) for _ in range(calls)]
        yield name, times({peer.name: of(peer, call) for peer in peers}, lambda indexes=indexes: indexes)


def _shown(name: str, taken: dict[str, Taken]) -> dict[str, float]:
    ours = taken[Ours.name].median
    cells = (f"{it.median:,.0f} ({it.median / ours:.2f} ×)" for it in taken.values())
    print(f"{name:<38}", *(f"{cell:>20}" for cell in cells), flush=True)
    return {peer: round(it.median, 1) for peer, it in taken.items()}


def others(data: Data) -> Iterator[Peer]:
    yield Plain(data.using, data.users[0])
    for package, peer in (("langchain_postgres", LangChain), ("agents", OpenAIAgents)):
        if find_spec(package):
            yield peer(data.using)
        else:
            print(f"\n{peer.name} is not installed, and left out: pip install -e .[benchmarks]")


class Ours:
    name = "aistore"

    def __init__(self, data: Data) -> None:
        self._owner, self._rows = data.users[0], Conversation.objects.using(data.using)
        self._messages = Message.objects.using(data.using)

    def start(self, contents: list[str]) -> Conversation:
        return self._rows.start(self._owner, [{"role": "user", "content": content} for content in contents])

    def append(self, conversation: Conversation, content: str) -> Message:
        return conversation.append("user", content)

    def last(self, conversation: Conversation, count: int) -> list[Message]:
        return list(self._messages.in_conversation(conversation).last(count))


class LangChain:
    name = "langchain-postgres"
    TABLE = "langchain_messages"

    def __init__(self, using: str) -> None:
        from langchain_postgres import PostgresChatMessageHistory

        self._history, self._connection = PostgresChatMessageHistory, Raw(using).connection
        self._history.create_tables(self._connection, self.TABLE)

    def start(self, contents: list[str]) -> Any:
        from langchain_core.messages import HumanMessage

        history = self._history(self.TABLE, str(uuid.uuid4()), sync_connection=self._connection)
        history.add_messages([HumanMessage(content) for content in contents])
        return history

    def append(self, conversation: Any, content: str) -> None:
        from langchain_core.messages import HumanMessage

        conversation.add_messages([HumanMessage(content)])

    def last(self, conversation: Any, count: int) -> Any:
        return conversation.get_messages()[-count:]  # it cannot be asked for fewer


class OpenAIAgents:
    name = "openai-agents"

    def __init__(self, using: str) -> None:
        from sqlalchemy import URL
        from sqlalchemy.ext.asyncio import create_async_engine

        options = connections[using].get_connection_params()
        known = {
            "username": options.get("user"),
            "password": options.get("password"),
            "database": options["dbname"],
        }
        where = {name: str(options[name]) for name in ("host", "port") if options.get(name)}
        self._engine = create_async_engine(URL.create("postgresql+asyncpg", **known, query=where))
        self._loop = asyncio.new_event_loop()

    def start(self, contents: list[str]) -> Any:
        from agents.extensions.memory import SQLAlchemySession

        session = SQLAlchemySession(str(uuid.uuid4()), engine=self._engine, create_tables=True)
        self._add(session, contents)
        return session

    def append(self, conversation: Any, content: str) -> None:
        self._add(conversation, [content])

    def last(self, conversation: Any, count: int) -> Any:
        return self._loop.run_until_complete(conversation.get_items(limit=count))

    def _add(self, session: Any, contents: list[str]) -> None:
        items: Any = [{"role": "user", "content": content} for content in contents]
        self._loop.run_until_complete(session.add_items(items))
