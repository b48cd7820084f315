"""Streaming: an answer is a row from its first moment on, and its text is written through while it comes.

Note [Signs of life]. One thread of the process (``Pulse``), with one connection, writes all of its streams: text at
most every STREAM_FLUSH_SECONDS, and at least every STREAM_BEAT_SECONDS the time, ``beat_at``, by the database's
clock. So ``write`` never waits for the database, a stream that pauses keeps giving signs of life, and one whose
process was killed stops: after STREAM_DEAD_SECONDS the next append or the purge calls it failed, with its text.
A row that somebody has locked is left for the next time, so that it does not hold up the others.

Inside a host's transaction nobody else can see the row, and the thread cannot either: there ``write`` itself writes.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, OperationalError, connections, transaction
from django.db.models.functions import Coalesce, Now

from .. import statements
from ..conf import settings
from ..exceptions import InvalidMessage, MessageGone, StreamEnded
from ..fields import escape
from . import draft, telling, tool_calls
from .pulse import pulse

if TYPE_CHECKING:
    from .message import Message, MessageQuerySet

logger = logging.getLogger("aistore.streaming")
NO_SIGN_OF_LIFE = "no sign of life"
SET_BY_FINISH = frozenset(
    "parts tool_calls model finish_reason input_tokens output_tokens cost usage metadata name is_hidden".split()
)

COUNTED = ("input_tokens", "output_tokens", "cost")
NOT_SET: tuple[Any, ...] = (None, "", [], {}, False)
ENDS = ("complete", "incomplete", "failed", "cancelled")

# One thread writes all streams, so it must not wait for one: neither for the row, nor for its conversation, whose
# state the write renews. "failed": somebody took a process for dead that had only been held up.
WRITE_THROUGH = """
WITH free AS MATERIALIZED (
    SELECT m.id
    FROM aistore_message AS m JOIN aistore_conversation AS c ON c.id = m.conversation_id
    WHERE m.id = %s AND m.status IN ('streaming', 'failed')
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE aistore_message
SET content = %s, status = 'streaming', beat_at = clock_timestamp()
WHERE id = (SELECT id FROM free)
RETURNING true"""


def dead(messages: MessageQuerySet) -> MessageQuerySet:
    """The streams among these messages that have given no sign of life for too long."""
    limit = Now() - dt.timedelta(seconds=settings.STREAM_DEAD_SECONDS)
    seen_at = Coalesce("beat_at", "created_at")
    return messages.alias(seen_at=seen_at).filter(status="streaming", seen_at__lt=limit)


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
        self._before: dict[str, Any] = {}

    @property
    def text(self) -> str:
        return "".join(self._chunks)

    def __enter__(self) -> Stream:
        self.message = self._start()
        self._chunks, self._written = [self.message.content], 1
        self._written_at = time.monotonic()
        self._before = {name: copy.deepcopy(getattr(self.message, name)) for name in SET_BY_FINISH}
        self._opens = tool_calls.opened_by(self.message)
        self._alone = not connections[self._using].get_autocommit()
        if not self._alone:
            pulse.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.message.status != "streaming":
            return
        try:
            if kind is None:
                self.finish()
            else:
                self._break_off(kind)
        except ValueError:  # a value that the caller has put on the message: the text is kept without it
            self.write_through()
            raise
        finally:
            pulse.remove(self)

    def write(self, text: str | None) -> None:
        """None, which providers send for "nothing new", is nothing."""
        self._take(text)
        if self._must_write:
            self.write_through()

    def finish(self, status: str = "complete", **fields: Any) -> Message:
        """Store the whole text and what is known only at the end: usage, tool_calls, finish_reason, parts …"""
        unknown = sorted(fields.keys() - SET_BY_FINISH)
        if unknown:
            raise TypeError(f"finish() takes {', '.join(sorted(SET_BY_FINISH))}, not {', '.join(unknown)}")
        if status not in ENDS:
            raise InvalidMessage(
                why=f"a stream cannot end as {status!r}", remedy=f"Known: {', '.join(ENDS)}."
            )
        message = self.message
        given = {name: value for name in SET_BY_FINISH if (value := getattr(message, name)) not in NOT_SET}
        if "usage" in fields:
            given = {name: value for name, value in given.items() if name not in COUNTED}
        final = draft.draft(message.role, self.text, status=status, **given | fields)
        pulse.remove(self)
        with self._lock:
            self._store_surely(final)
        return message

    def _break_off(self, kind: type[BaseException]) -> None:
        stopped = issubclass(kind, GeneratorExit | asyncio.CancelledError | KeyboardInterrupt)
        try:
            self.finish("cancelled" if stopped else "failed", finish_reason=kind.__name__)
        except (DatabaseError, InterfaceError, MessageGone):
            # The caller's exception says more; unfinished, the row is failed for want of a sign of life.
            logger.warning("the end of stream %s could not be stored", self.message.pk, exc_info=True)

    def _take(self, text: str | None) -> None:
        if self.message.status != "streaming":
            raise StreamEnded(message=self.message.pk, status=self.message.status)
        if not isinstance(text, str | None):
            raise InvalidMessage(why=f"its text goes on with {text!r:.80}", remedy="Write strings.")
        if not text:
            return
        was_clean = self._written == len(self._chunks)
        self._chunks.append(text)
        if was_clean and not self._alone:
            pulse.wake()

    @property
    def _must_write(self) -> bool:
        return self._alone and self.due_in() <= 0

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
            text = escape("".join(self._chunks[:chunks]))
            if statements.fetch_one(self._using, WRITE_THROUGH, [self.message.pk, text]):
                self._written, self._written_at = chunks, started
                telling.messages_changed(self._using, [self.message.conversation_id])
            else:
                self.try_again_soon()

    def try_again_soon(self) -> None:
        self._written, self._written_at = 0, time.monotonic()

    @property
    def _using(self) -> str:
        return self.message._state.db or ""

    def _rows(self) -> Any:
        return type(self.message)._default_manager.using(self._using).filter(pk=self.message.pk)

    def _store_surely(self, final: draft.Draft) -> None:
        """The caller's connection has been idle for as long as the answer took: it may be gone by now."""
        try:
            self._store(final)
        except (OperationalError, InterfaceError):
            connection = connections[self._using]
            if connection.in_atomic_block:
                raise
            connection.close_if_unusable_or_obsolete()
            self._store(final)

    def _store(self, final: draft.Draft) -> None:
        values = {name: getattr(final, name) for name in (*SET_BY_FINISH, "content", "status")}
        # what somebody else may have changed meanwhile is left alone
        changed = {
            name: values[name]
            for name in values
            if name not in self._before or values[name] != self._before[name]
        }
        changed["finish_reason"] = final.finish_reason  # it may say "no sign of life"
        with transaction.atomic(using=self._using):
            self._open_calls(tool_calls.opened_by(final))
            if not self._rows().update(**changed, beat_at=None):
                raise MessageGone(message=self.message.pk)
        for name, value in values.items():
            setattr(self.message, name, value)

    def _open_calls(self, opens: list[str]) -> None:
        conversation = self.message.conversation
        rows = type(conversation)._default_manager.using(self._using)
        if opens != self._opens and rows.filter(pk=conversation.pk, head=self.message).update(
            open_tool_calls=opens
        ):
            conversation.open_tool_calls = opens


class AsyncStream(Stream):
    """The same for ``async with``. ``write`` may be awaited or not: it waits only inside a transaction."""

    async def __aenter__(self) -> AsyncStream:
        try:
            await sync_to_async(self.__enter__)()
        except asyncio.CancelledError:
            # Django's thread begins it nevertheless, or has; what comes after that in the same thread ends it
            await asyncio.shield(sync_to_async(self._give_up)())
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shielded: a second cancellation must not interrupt the storing of the first
        await asyncio.shield(sync_to_async(self.__exit__)(kind, error, trace))

    def write(self, text: str | None) -> Written:  # type: ignore[override]
        self._take(text)
        return Written(self)

    async def afinish(self, status: str = "complete", **fields: Any) -> Message:
        return await sync_to_async(self.finish)(status, **fields)

    def _give_up(self) -> None:
        if hasattr(self, "message"):
            self.__exit__(asyncio.CancelledError, None, None)


class Written:
    """What ``await reply.write(…)`` awaits: nothing, but inside a transaction."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __await__(self) -> Generator[Any, None, None]:
        if self._stream._must_write:
            yield from sync_to_async(self._stream.write_through)().__await__()
