"""Stores conversations that were read: the same again stores nothing twice, what is new is added.

Note [Import]. Conversations are stored some 2,000 messages at a time: one look-up of what is there, one COPY for
each table, one transaction. A conversation is known by (owner, source, external_id), a message by its external_id
in it; rows that were never imported, by their own id, which is what our export calls them by.

What is stored is not changed. A known conversation only gets the messages that it does not have, numbered behind
the others. Its head moves only if the old head is in the file, too; where the owner went on by himself, his
branch stays the active one.

What the database refuses as a batch is stored one conversation at a time, and only those that it refuses again
are skipped. There two imports of the same file at the same moment meet, too: the later one finds what the other
stored.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import IO, Any

import psycopg.errors
from django.db import DatabaseError, DataError, IntegrityError, router, transaction

from ..exceptions import BadConversation, InteropError, UnstorableValue
from ..models import telling
from ..models.conversation import Conversation
from . import storing
from .arrangement import Arranged, arranged
from .canonical import CanonicalConversation
from .placing import Known, Placed, place_more, place_new
from .reading import read
from .rows import Rows
from .soundness import called
from .source import OnProgress

_BATCH_MESSAGES = 2_000
_BATCH_CHARACTERS = 4 * 1024**2
_LINES_KEPT = 100
_ANALYZED_FROM = 10_000  # messages

# Operational errors of PostgreSQL that are about what was to be stored, and not about the server.
_ROW_ERRORS = (psycopg.errors.ProgramLimitExceeded, psycopg.errors.DeadlockDetected)


@dataclass(frozen=True)
class ImportReport:
    """Conversations by what became of them, and how many messages were added. ``errors`` and ``warnings`` are the
    first 100 lines of each; ``error_count`` counts skipped conversations and files that broke off."""

    new: int
    extended: int
    unchanged: int
    skipped: int
    messages: int
    errors: tuple[str, ...]
    error_count: int
    warnings: tuple[str, ...]
    warning_count: int
    seconds: float
    is_dry_run: bool


OnReport = Callable[[ImportReport], object]


def import_file(
    path_or_file: str | PathLike[str] | IO[bytes],
    owner: Any,
    *,
    format: str = "auto",
    dry_run: bool = False,
    using: str | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Read an export and store it. What is wrong with the file or the format as a whole raises InteropError before
    anything is stored; a conversation that cannot be kept is in the report."""
    run = _Import(owner, dry_run=dry_run, using=using)
    for batch in run.batches(read(path_or_file, format, on_bad=run.fail, on_progress=on_progress)):
        run.store(batch)
    run.end()
    return run.report()


def store(
    conversations: Iterable[CanonicalConversation],
    owner: Any,
    *,
    dry_run: bool = False,
    using: str | None = None,
    on_progress: OnReport | None = None,
) -> ImportReport:
    """Store conversations of ``owner``, some thousand messages a transaction; ``dry_run`` only finds out what that
    would do. ``on_progress`` is called with the report so far after each transaction."""
    run = _Import(owner, dry_run=dry_run, using=using)
    for batch in run.batches(conversations):
        run.store(batch)
        if on_progress:
            on_progress(run.report())
    run.end()
    return run.report()


class _Import:
    def __init__(self, owner: Any, *, dry_run: bool, using: str | None) -> None:
        self._owner_id = Conversation._meta.get_field("owner").get_prep_value(owner.pk)
        self._using = using or router.db_for_write(Conversation)
        self._dry_run = dry_run
        self._started = time.monotonic()
        self._counts = dict.fromkeys(("new", "extended", "unchanged", "skipped", "messages"), 0)
        self._errors, self._warnings = _Log(), _Log()

    def report(self) -> ImportReport:
        return ImportReport(
            **self._counts,
            errors=tuple(self._errors.lines),
            error_count=self._errors.count,
            warnings=tuple(self._warnings.lines),
            warning_count=self._warnings.count,
            seconds=time.monotonic() - self._started,
            is_dry_run=self._dry_run,
        )

    def end(self) -> None:
        """After a large import the planner's statistics know nothing of most rows, until the server finds time for
        them itself; and a path of 50 messages that is planned for an empty table reads all of it."""
        if self._counts["messages"] >= _ANALYZED_FROM and not self._dry_run:
            storing.analyze(self._using)

    def fail(self, error: InteropError) -> None:
        self._errors.add(str(error))
        self._counts["skipped"] += isinstance(error, BadConversation)

    def batches(self, conversations: Iterable[CanonicalConversation]) -> Iterator[list[Arranged]]:
        """Arranged, and no conversation twice in one batch."""
        batch: dict[tuple[str, str], Arranged] = {}
        messages = characters = 0
        for conversation in conversations:
            try:
                one = arranged(conversation)
            except BadConversation as error:
                self.fail(error)
                continue
            key = (one.conversation.source, one.conversation.external_id)
            if key in batch or messages >= _BATCH_MESSAGES or characters >= _BATCH_CHARACTERS:
                yield list(batch.values())
                batch, messages, characters = {}, 0, 0
            batch[key] = one
            messages += len(one.messages) + 1
            characters += sum(len(message.content) for message in one.messages)
        if batch:
            yield list(batch.values())

    def store(self, batch: list[Arranged]) -> None:
        try:
            self._store_together(batch)
        except DatabaseError as error:
            if not _is_of_a_row(error):
                raise
            for one in batch:
                self._store_alone(one)

    def _store_alone(self, one: Arranged) -> None:
        try:
            self._store_together([one])
        except DatabaseError as error:
            if not _is_of_a_row(error):
                raise
            self.fail(_bad(one, f"the database refuses it ({_first_line(error)})"))

    def _store_together(self, batch: list[Arranged]) -> None:
        found = storing.find(self._using, self._owner_id, batch)
        outcome = _Outcome()
        outcome.place_new((one for place, one in enumerate(batch) if place not in found), self._owner_id)
        again: list[Arranged] = []
        with transaction.atomic(using=self._using):
            known = storing.known(self._using, found.values(), lock=not self._dry_run) if found else {}
            for place, id in found.items():
                if id in known:
                    outcome.place_more(batch[place], known.pop(id))
                else:  # deleted since it was found, or stored under both of its ids, in the file twice
                    again.append(batch[place])
            if not self._dry_run:
                outcome.write(self._using)
                telling.conversations_changed(self._using, outcome.changed(self._owner_id))
        self._count(outcome)
        for one in again:
            self.store([one])

    def _count(self, outcome: "_Outcome") -> None:
        self._counts["new"] += len(outcome.new)
        for placed in outcome.more:
            self._counts["extended" if placed.added else "unchanged"] += 1
        for placed in (*outcome.new, *outcome.more):
            self._counts["messages"] += placed.added
            for warning in placed.warnings:
                self._warnings.add(warning)
        for error in outcome.bad:
            self.fail(error)


class _Outcome:
    """Of one batch: counted only when its transaction stands."""

    def __init__(self) -> None:
        self.new: list[Placed] = []
        self.more: list[Placed] = []
        self.bad: list[BadConversation] = []

    def place_new(self, ones: Iterable[Arranged], owner_id: Any) -> None:
        for one in ones:
            try:
                self.new.append(place_new(one, owner_id=owner_id))
            except UnstorableValue as error:
                self.bad.append(_bad(one, str(error).rstrip(".")))

    def place_more(self, one: Arranged, known: Known) -> None:
        try:
            self.more.append(place_more(one, known))
        except UnstorableValue as error:
            self.bad.append(_bad(one, str(error).rstrip(".")))

    def write(self, using: str) -> None:
        rows = Rows()
        for placed in (*self.new, *self.more):
            rows.add(placed.rows)
        if rows:
            storing.insert(using, rows)
        for placed in self.more:
            if placed.added:
                storing.update(using, placed)

    def changed(self, owner_id: Any) -> list[tuple[str, Any]]:
        """Conversation and owner, of all that somebody may have in his cache."""
        changed = (*self.new, *(placed for placed in self.more if placed.added))
        return [(placed.known.id, owner_id) for placed in changed]


class _Log:
    """The first lines, and how many there were."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0

    def add(self, line: str) -> None:
        self.count += 1
        if self.count <= _LINES_KEPT:
            self.lines.append(line)


def _bad(one: Arranged, why: str) -> BadConversation:
    return BadConversation(conversation=called(one.conversation), why=why)


def _is_of_a_row(error: DatabaseError) -> bool:
    """Whether the error is about what was to be stored. A lost connection or a full disk is not: that ends the
    import."""
    return isinstance(error, IntegrityError | DataError) or isinstance(error.__cause__, _ROW_ERRORS)


def _first_line(error: DatabaseError) -> str:
    return str(error).partition("\n")[0]
