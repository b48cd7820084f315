"""Streaming: an answer is a row from its first moment on, and its text is written through while it comes.

Note [Signs of life]. One thread of the process (``Pulse``), with one connection, writes all of its streams: text at
most every STREAM_FLUSH_SECONDS, and at least every STREAM_BEAT_SECONDS the time, ``beat_at``, by the database's
clock. So ``write`` never waits for the database, a stream that pauses keeps giving signs of life, and one whose
process was killed stops: after STREAM_DEAD_SECONDS the next append or the purge calls it failed, with its text.

Inside a host's transaction nobody else can see the row, and the thread cannot either: there ``write`` itself writes.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.models.functions import Now

from ..conf import settings
from ..exceptions import ConversationGone, StreamEnded
from . import draft, tool_calls

if TYPE_CHECKING:
    from .message import Message, MessageQuerySet

logger = logging.getLogger("aistore.streaming")
NO_SIGN_OF_LIFE = "no sign of life"
SET_BY_FINISH = frozenset(
    "parts tool_calls model finish_reason input_tokens output_tokens cost usage metadata name is_hidden".split()
)

COUNTED = ("input_tokens", "output_tokens", "cost")
NOT_SET: tuple[Any, ...] = (None, "", [], {}, False)


def dead(messages: MessageQuerySet) -> MessageQuerySet:
    """The streams among these messages that have given no sign of life for too long."""
    limit = Now() - dt.timedelta(seconds=settings.STREAM_DEAD_SECONDS)
    return messages.filter(status="streaming", beat_at__lt=limit)


def fail_dead(messages: MessageQuerySet) -> int:
    """How many there were; they are failed now and keep their text."""
    return dead(messages).update(status="failed", finish_reason=NO_SIGN_OF_LIFE, beat_at=None)


class Stream:
    """One message while it is being written. Left normally it is complete; by an exception, failed; by
    GeneratorExit (the reader closed the response) or asyncio's cancellation, cancelled; with its text in each case."""

    def __init__(self, start: Callable[[], Message]) -> None:
        self._start = start
        self._chunks: list[str] = []
        self._lock = threading.Lock()  # one writer of the row at a time: the pulse or finish()
        self._written = 0  # chunks
        self._written_at = 0.0  # monotonic seconds

    @property
    def text(self) -> str:
        return "".join(self._chunks)

    def __enter__(self) -> Stream:
        self.message = self._start()
        self._chunks, self._written = [self.message.content], 1
        self._written_at = time.monotonic()
        self._alone = connections[self._using].in_atomic_block
        if not self._alone:
            pulse.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.message.status != "streaming":
            return
        if kind is None:
            self.finish()
            return
        stopped = issubclass(kind, GeneratorExit | asyncio.CancelledError | KeyboardInterrupt)
        try:
            self.finish("cancelled" if stopped else "failed", finish_reason=kind.__name__)
        except (DatabaseError, InterfaceError, ConversationGone):
            # The caller's exception says more; unfinished, the row is failed for want of a sign of life.
            logger.warning("the end of stream %s could not be stored", self.message.pk, exc_info=True)

    def write(self, text: str) -> None:
        if self.message.status != "streaming":
            raise StreamEnded(message=self.message.pk, status=self.message.status)
        was_clean = self._written == len(self._chunks)
        self._chunks.append(text)
        if self._alone:
            if self.due_in() <= 0:
                self.write_through()
        elif was_clean:
            pulse.wake()

    def finish(self, status: str = "complete", **fields: Any) -> Message:
        """Store the whole text and what is known only at the end: usage, tool_calls, finish_reason, parts …"""
        pulse.remove(self)
        message = self.message
        unknown = sorted(fields.keys() - SET_BY_FINISH)
        if unknown:
            raise TypeError(f"finish() takes {', '.join(sorted(SET_BY_FINISH))}, not {', '.join(unknown)}")
        given = {name: value for name in SET_BY_FINISH if (value := getattr(message, name)) not in NOT_SET}
        if "usage" in fields:
            given = {name: value for name, value in given.items() if name not in COUNTED}
        given |= fields
        with self._lock:
            self._store(draft.draft(message.role, self.text, status=status, **given))
        return message

    def due_in(self) -> float:
        """Seconds until the row must be written: soon when there is text, else for the sign of life."""
        clean = self._written == len(self._chunks)
        waits = settings.STREAM_BEAT_SECONDS if clean else settings.STREAM_FLUSH_SECONDS
        return self._written_at + float(waits) - time.monotonic()

    def write_through(self) -> None:
        with self._lock:
            if self.message.status != "streaming":
                return
            chunks, started = len(self._chunks), time.monotonic()
            # "failed": somebody took a process for dead that had only been held up
            alive = self._rows().filter(status__in=["streaming", "failed"])
            alive.update(content="".join(self._chunks[:chunks]), status="streaming", beat_at=Now())
            self._written, self._written_at = chunks, started

    @property
    def _using(self) -> str:
        return self.message._state.db or ""

    def _rows(self) -> Any:
        return type(self.message)._default_manager.using(self._using).filter(pk=self.message.pk)

    def _store(self, final: draft.Draft) -> None:
        values = {name: getattr(final, name) for name in (*SET_BY_FINISH, "content", "status")}
        with transaction.atomic(using=self._using):
            if not self._rows().update(**values, beat_at=None):
                raise ConversationGone(conversation=self.message.conversation_id)
            self._open_calls(tool_calls.opened_by(final))
        for name, value in values.items():
            setattr(self.message, name, value)

    def _open_calls(self, opens: list[str]) -> None:
        conversation = self.message.conversation
        rows = type(conversation)._default_manager.using(self._using)
        if opens and rows.filter(pk=conversation.pk, head=self.message).update(open_tool_calls=opens):
            conversation.open_tool_calls = opens


class AsyncStream(Stream):
    """The same for ``async with``. ``write`` does no input or output, so it may be awaited or not."""

    async def __aenter__(self) -> AsyncStream:
        await sync_to_async(self.__enter__)()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shielded: a second cancellation must not interrupt the storing of the first
        await asyncio.shield(sync_to_async(self.__exit__)(kind, error, trace))

    def write(self, text: str) -> Written:  # type: ignore[override]
        super().write(text)
        return Written()

    async def afinish(self, status: str = "complete", **fields: Any) -> Message:
        return await sync_to_async(self.finish)(status, **fields)


class Written:
    """What ``await reply.write(…)`` awaits: nothing."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


class Pulse:
    """The thread that writes the process's streams. It starts with the first and ends with the last."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, stream: Stream) -> None:
        with self._changed:
            self._streams.add(stream)
            # a thread does not survive a fork, so ask rather than remember
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="aistore-pulse", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, stream: Stream) -> None:
        with self._changed:
            self._streams.discard(stream)
            self._changed.notify()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _beat(self) -> None:
        try:
            while due := self._wait():
                for stream in due:
                    self._write(stream)
        finally:
            connections.close_all()

    def _wait(self) -> list[Stream]:
        """The streams that are due; none when the last has ended."""
        with self._changed:
            while self._streams:
                first = min(stream.due_in() for stream in self._streams)
                if first <= 0:
                    return [stream for stream in self._streams if stream.due_in() <= 0]
                self._changed.wait(timeout=first)
            self._thread = None
            return []

    def _write(self, stream: Stream) -> None:
        try:
            stream.write_through()
        except (DatabaseError, InterfaceError):
            logger.warning(
                "stream %s could not be written through; trying again", stream.message.pk, exc_info=True
            )
            connections[stream._using].close()
            time.sleep(settings.STREAM_FLUSH_SECONDS)


pulse = Pulse()
