"""Every error that aistore raises, under one root.

AistoreError
├── UnstorableValue          a value that PostgreSQL cannot keep exactly (also a ValueError)
├── InvalidMessage           a message that no conversation can take (also a ValueError)
├── InvalidMemory            a fact that cannot be remembered (also a ValueError)
├── ForeignMemory            a memory to be superseded that is not among the owner's
├── BadEmbedding             the embedder of the host fails, or returns what is no vector
├── NoVectors                the database has no pgvector
├── MissingConversation      a query that needs a conversation was asked without one
├── ConversationGone         an append to a conversation that is not there
├── MessageGone              a change of a message that is not there
├── ConflictingAppend        the same external_id again, with other content
├── ForeignParent            a parent or head that belongs to another conversation
├── StaleEdit                somebody else edited the message since it was read
├── GapInNumbers             a deletion that would leave a hole in the sequence numbers
├── MissingOwner             a search over everybody's rows that nobody asked for
├── MissingExtension         an extension of PostgreSQL that cannot be had
├── UnknownSearchConfig      SEARCH_CONFIG names what the database does not know
├── StreamEnded              a write to a stream that is over
├── InvalidUpload            a file that cannot be stored (also a ValueError)
│   ├── UploadTooLarge       a file that is larger than the settings allow
│   └── UploadTypeRefused    a file of a type that the settings do not name
├── StorageUnreachable       a storage of uploads that cannot be listed
├── ClaimLost                the result of an upload that somebody else has, or nobody any more
├── PoolExhausted            no connection of the pool came free in time (also django.db.OperationalError)
├── NoScratch                a benchmark that got no database of its own
├── InteropError
│   ├── UnknownFormat        a file in no format that we read
│   ├── UnreadableFile       a file that is not what its name says
│   └── BadConversation      one conversation of a file that cannot be kept
└── BackupError
    ├── BackupFailed         a backup that could not be made, or not be looked at
    ├── BackupNotCopied      a backup of which the storage elsewhere got no copy
    ├── BackupRunning        another one is being made, verified or restored
    ├── BackupNotFound       a name or path that is no backup of ours
    ├── BackupDamaged        a backup that is not what was written
    ├── BackupUnfit          a backup that this application or this server cannot take
    ├── InvalidRotation      a rule that would keep nothing (also a ValueError)
    └── RestoreFailed        a backup that could not be restored

The docstring of each class is its message; ``str(error)`` fills in the braces.
"""

from typing import Any

from django.db import utils

LONGEST_FACT = 300  # characters that a message quotes of one fact; error.facts has all of it


class AistoreError(Exception):
    """Something in aistore failed."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self._in_words())

    def __getattr__(self, name: str) -> Any:
        """Each fact is an attribute: error.conversation, error.why."""
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(f"{self.__class__.__name__} has no {name!r}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.__class__, self.facts)

    def _in_words(self) -> str:
        words = " ".join((self.__class__.__doc__ or "").split())
        if not words:  # python -OO throws docstrings away
            return f"{self.__class__.__name__} {self.facts}"
        return _in_one_line(words.format_map({name: _cut(value) for name, value in self.facts.items()}))


def _rebuild(error: type[AistoreError], facts: dict[str, Any]) -> AistoreError:
    return error(**facts)


def _cut(value: Any) -> Any:
    return f"{value[:LONGEST_FACT]}…" if isinstance(value, str) and len(value) > LONGEST_FACT else value


def _in_one_line(words: str) -> str:
    """Ids and titles come from strangers: nothing in them may break the line or steer the terminal."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in words
    )


class UnstorableValue(AistoreError, ValueError):
    """{where} cannot be stored: {why}. {remedy}"""


class InvalidMessage(AistoreError, ValueError):
    """The message cannot be stored: {why}. Nothing was written. {remedy}"""


class InvalidMemory(AistoreError, ValueError):
    """The memory cannot be stored: {why}. Nothing was written. {remedy}"""


class ForeignMemory(AistoreError):
    """Memory {memory} is not among the memories of owner {owner} (it is another's, or was deleted), so nothing
    can take its place. Nothing was written. Pass a memory of the same owner."""


class BadEmbedding(AistoreError):
    """The embedder {embedder} cannot be used: {why}. {remedy}"""


class NoVectors(AistoreError):
    """There can be no vectors in the database {database}: {why}"""


class MissingConversation(AistoreError):
    """{call}() needs to know the conversation. Start from conversation.messages or
    Message.objects.in_conversation(conversation)."""


class ConversationGone(AistoreError):
    """Conversation {conversation} is not there (deleted, or never saved), so nothing was written to it.
    Create a new conversation; a deleted one is not revived."""


class MessageGone(AistoreError):
    """Message {message} is not there (it or its conversation was deleted, or it was never saved), so nothing
    was written to it. Read the conversation again."""


class ConflictingAppend(AistoreError):
    """external_id {external_id!r} is already used in conversation {conversation} by message
    {sequence_number}, which differs in {differences}. Nothing was written. Use a new external_id for a
    new message, or edit() to change the old one."""


class ForeignParent(AistoreError):
    """Message {message} is not in conversation {conversation}, so it cannot be a parent or head there.
    Pass a message of the same conversation, or fork() the other one."""


class StaleEdit(AistoreError):
    """Message {message} was edited by somebody else at {edited_at}, after you read it ({expected}).
    Nothing was changed. Read it again and decide."""


class GapInNumbers(AistoreError):
    """Deleting these messages would leave a gap in the sequence numbers of conversation {conversation}.
    Delete from the newest backwards, hide them with is_hidden, or delete the conversation."""


class StreamEnded(AistoreError):
    """The stream of message {message} is {status}; nothing more can be written to it.
    Open a new one with conversation.stream()."""


class InvalidUpload(AistoreError, ValueError):
    """The file cannot be stored: {why}. Nothing was written. {remedy}"""


class UploadTooLarge(InvalidUpload):
    """The file is larger than {limit} bytes, so nothing of it was stored. Send a smaller one, or raise
    AISTORE['UPLOAD_MAX_BYTES']."""


class UploadTypeRefused(InvalidUpload):
    """The file is {content_type} by its bytes, which AISTORE['UPLOAD_TYPES'] does not name, so nothing of it was
    stored. Send another kind of file, or add this type."""


class StorageUnreachable(AistoreError):
    """The storage {storage!r} of uploads cannot be asked which files it has: {why}. See that it can be reached with
    what STORAGES says of it, and try again."""


class ClaimLost(AistoreError):
    """The result of upload {upload} was not written: {why}. Drop it, and claim() what is pending; for work that
    takes long, hold() the claim meanwhile."""


class MissingOwner(AistoreError):
    """{call}() would look into the {kind} of everybody. Say whose: {model}.objects.owned_by(user).{call}(…); or, where
    everybody's are meant, as in an admin page: {model}.objects.of_everyone().{call}(…)."""


class MissingExtension(AistoreError):
    """The PostgreSQL extension {extension}, which search needs, cannot be created: {why}. Nothing was changed. Let an
    administrator run CREATE EXTENSION {extension} in this database, then migrate again."""


class UnknownSearchConfig(AistoreError):
    """AISTORE['SEARCH_CONFIG'] is {config!r}, which is no text search configuration of this database. Nothing was
    changed. Known are {known}."""


class NoScratch(AistoreError):
    """The benchmark did not run: {why}. {remedy}"""


class PoolExhausted(AistoreError, utils.OperationalError):
    """The pool of database {database!r} had no connection free within {seconds} s: {size} are in use, one of them
    for {oldest} s by {holder}, and {waiting} more callers wait. Nothing was sent to the database. Look for code
    that keeps a connection while it waits for something else; if there is none, raise POOL_MAX_SIZE in AISTORE."""


class InteropError(AistoreError):
    """A file could not be read or written."""


class UnknownFormat(InteropError):
    """{path} is {found}, which cannot be read here. Formats: {formats}."""


class UnreadableFile(InteropError):
    """{path} cannot be read: {why}. {remedy}"""


class BadConversation(InteropError):
    """Conversation {conversation} was skipped: {why}."""


class BackupError(AistoreError):
    """A backup could not be made, read or restored."""


class BackupFailed(BackupError):
    """Nothing was done: {why}. Backups and database are as they were. {remedy}"""


class BackupNotCopied(BackupError):
    """Backup {name} is whole, but the storage {storage!r} got no copy of it: {why}. Nothing was rotated away. See to
    the storage; the next backup tries again."""


class BackupRunning(BackupError):
    """Nothing was done: another process makes, verifies or restores a backup in {directory}. Wait for it to end."""


class BackupNotFound(BackupError):
    """{name} is no backup: {why}. aistore_backups lists those that can be used."""


class BackupDamaged(BackupError):
    """Backup {name} is damaged: {why}. Nothing was changed. Take another one; aistore_backups lists them."""


class BackupUnfit(BackupError):
    """Backup {name} cannot be restored here: {why}. Nothing was changed. {remedy}"""


class InvalidRotation(BackupError, ValueError):
    """Nothing was removed: {why}. Keep at least one backup."""


class RestoreFailed(BackupError):
    """Backup {name} was not restored: {why}. Database {database} is as it was. {remedy}"""
