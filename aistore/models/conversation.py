"""Conversations: a tree of messages of one owner, and the row that numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import ConflictingAppend
from ..fields import ExactJSONField, ExactTextField, UUID7Field, readable
from . import appending, branches, starting, telling
from .appending import HEAD
from .cached import CachedConversations
from .draft import draft, drafts, said
from .finding import FoundConversations
from .keyset import after_row
from .rules import is_indexed, is_object, is_set, is_short
from .streaming import AsyncStream, Stream
from .told import Owned

if TYPE_CHECKING:
    from .message import Message

NEWEST_FIRST = ("-is_pinned", "-last_message_at", "-id")
SET_BY_APPEND = frozenset({"message_count", "head", "open_tool_calls", "last_message_at"})


class ConversationQuerySet(FoundConversations):
    told_by = ("id", "owner_id")

    def _tell(self, using: str, rows: Iterable[Sequence[Any]]) -> None:
        telling.conversations_changed(using, rows)

    def owned_by(self, owner: Any) -> ConversationQuerySet:
        return self.filter(owner=owner)

    def active(self) -> ConversationQuerySet:
        return self.filter(is_archived=False)

    def archived(self) -> ConversationQuerySet:
        return self.filter(is_archived=True)

    def pinned(self) -> ConversationQuerySet:
        return self.filter(is_pinned=True)

    def start(self, owner: Any, messages: Iterable[Mapping[str, Any]], **fields: Any) -> Conversation:
        """A new conversation with its first messages, as create() and extend() make it, but in one statement.

        Raises what extend() raises; then nothing is stored, the conversation neither.
        """
        self._for_write = True
        return starting.start(self.model(owner=owner, **fields), *drafts(messages), using=self.db)

    async def astart(self, owner: Any, messages: Iterable[Mapping[str, Any]], **fields: Any) -> Conversation:
        return await sync_to_async(self.start)(owner, messages, **fields)

    def newest(self, *, limit: int = 20, before: Conversation | None = None) -> ConversationQuerySet:
        """Pinned ones first, then by last message. ``before`` is the last row of the page above: the next
        page follows it by keyset, at the same price at any depth."""
        rows = self.order_by(*NEWEST_FIRST)
        if before is not None:
            rows = rows.filter(after_row(before, NEWEST_FIRST))
        return rows[:limit]

    def pin(self) -> int:
        return self._mark(is_pinned=True)

    def unpin(self) -> int:
        return self._mark(is_pinned=False)

    def archive(self) -> int:
        return self._mark(is_archived=True)

    def unarchive(self) -> int:
        return self._mark(is_archived=False)

    def _mark(self, **flags: bool) -> int:
        """How many rows changed; those that already are so are left alone."""
        return self.exclude(**flags).update(**flags, updated_at=timezone.now())


class ConversationManager(models.Manager.from_queryset(ConversationQuerySet)):  # type: ignore[misc]
    @property
    def cached(self) -> CachedConversations:
        """get() and newest(), answered from the cache with records."""
        return CachedConversations(self.model, self._db)


class Conversation(Owned):
    id = UUID7Field()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # See Note [References]
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="conversations",
        verbose_name=_("owner"),
    )
    title = ExactTextField(_("title"), blank=True, default="")
    model = ExactTextField(_("model"), blank=True, default="")
    system_prompt = ExactTextField(_("system prompt"), blank=True, default="")
    tags = ArrayField(ExactTextField(), verbose_name=_("tags"), blank=True, default=list)
    is_pinned = models.BooleanField(_("pinned"), default=False)
    is_archived = models.BooleanField(_("archived"), default=False)
    metadata = ExactJSONField(_("metadata"), blank=True, default=dict)
    source = ExactTextField(_("source"), blank=True, default="")
    external_id = ExactTextField(_("external id"), blank=True, default="")
    message_count = models.PositiveIntegerField(_("messages"), default=0, editable=False)
    head = models.ForeignKey(
        "Message",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("head"),
    )
    # The ids of the tool calls on the path to the head that have no result yet: an append that must close
    # them first learns it from the row it updates anyway.
    open_tool_calls = ArrayField(ExactTextField(), blank=True, default=list, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now, editable=False)

    objects = ConversationManager()

    class Meta:
        base_manager_name = "objects"  # related managers write through it: user.conversations.add(…)
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        # beside Django's own: view lists, Message's view reads, delete erases
        permissions = [
            ("export_conversation", "Can export conversations"),
            ("view_reports", "Can see the reports"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "source", "external_id"],
                condition=is_set("external_id"),
                name="conversation_external_id_once",
            ),
            models.CheckConstraint(condition=is_short("external_id"), name="conversation_external_id_short"),
            # What (conversation, owner) of a message refers to. See Note [References]
            models.UniqueConstraint(fields=["id", "owner"], name="conversation_owned"),
            models.CheckConstraint(condition=is_object("metadata"), name="conversation_metadata_object"),
        ]
        indexes = [
            # newest() of one owner, in its own order. It serves active() too, by leaving out the few
            # archived ones on the way; the archived ones alone would be too far apart in it.
            models.Index(fields=["owner", *NEWEST_FIRST], name="conversation_newest"),
            models.Index(
                fields=["owner", *NEWEST_FIRST], condition=Q(is_archived=True), name="conversation_archived"
            ),
            # the admin's list, over all owners; the others are what its filters leave of it, where that is little.
            # An append pays for each that holds its row, so none is for a column that most rows have set.
            models.Index(fields=["-last_message_at", "-id"], name="conversation_latest"),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=Q(is_pinned=True),
                name="conversation_latest_pinned",
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=Q(is_archived=True),
                name="conversation_latest_kept",
            ),
            models.Index(
                fields=["source", "-last_message_at", "-id"],
                condition=is_indexed("source"),
                name="conversation_latest_source",
            ),
            GinIndex(fields=["tags"], name="conversation_tags", condition=~Q(tags=[])),
        ]

    def __str__(self) -> str:
        return readable(self.title[:100]) or str(self.pk)

    def save(self, **options: Any) -> None:
        """Without what only append() and its like may set, unless named in ``update_fields``: an instance that was
        read long ago would turn the counter back. A deleted row is not revived, but Django's DatabaseError."""
        is_stored = not self._state.adding and options.get("using") in (None, self._state.db)
        if is_stored and options.get("update_fields") is None and not options.get("force_insert"):
            fields = (field for field in self._meta.concrete_fields if not field.primary_key)
            names = {field.attname for field in fields if field.name not in SET_BY_APPEND}
            options["update_fields"] = names - self.get_deferred_fields()
        super().save(**options)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        database, told = using or self._state.db or "", [(self.pk, self.owner_id)]
        deleted = super().delete(using, keep_parents)
        telling.conversations_changed(database, told)
        return deleted

    def append(self, role: str, content: Any = "", *, parent: Any = HEAD, **fields: Any) -> Message:
        """Store one message and make it the head.

        ``parent`` is the message answered: the head by default, another one for a branch, None for a new root.
        ``content`` is a string, or a list of parts. The same ``external_id`` again returns the first row and
        writes nothing. Tool calls that are still open are closed before a user's or assistant's message.

        Raises ConversationGone, ConflictingAppend, ForeignParent, InvalidMessage, UnstorableValue.
        """
        message = draft(role, content, **fields)
        return appending.append(self, [message], [said({"content": content, **fields})], parent)[0]

    def extend(self, messages: Iterable[Mapping[str, Any]], *, parent: Any = HEAD) -> list[Message]:
        """Store many, each answering the one before: all or nothing. Each is a dict of what append() takes."""
        return appending.append(self, *drafts(messages), parent)

    def checkout(self, message: Message) -> None:
        """Make this message of the conversation the head: the next one answers it."""
        branches.checkout(self, message)

    def fork(self, *, at: Message | None = None, title: str | None = None) -> Conversation:
        """A new conversation of the same owner with copies of the path up to ``at`` (default: the head)."""
        return branches.fork(self, at=at, title=title)

    def stream(self, role: str = "assistant", content: str = "", **fields: Any) -> Stream:
        """``with conversation.stream(…) as reply: reply.write("…")``: a message that is stored while it comes."""
        return Stream(lambda: self._start_stream(role, content, **fields))

    def close_tool_calls(self) -> list[Message]:
        """Answer the open tool calls of the path with "interrupted", status cancelled. Returns these results."""
        return appending.close_open_calls(self)

    def astream(self, role: str = "assistant", content: str = "", **fields: Any) -> AsyncStream:
        """``async with conversation.astream(…) as reply: reply.write("…")``."""
        return AsyncStream(lambda: self._start_stream(role, content, **fields))

    def _start_stream(self, role: str, content: str, *, parent: Any = HEAD, **fields: Any) -> Message:
        begun = draft(role, content, status="streaming", **fields)
        [message] = appending.append(self, [begun], [said(fields)], parent)
        if message.pk != begun.id:  # two writers of one row would overwrite each other
            raise ConflictingAppend(
                external_id=message.external_id,
                conversation=self.pk,
                sequence_number=message.sequence_number,
                differences=f"being {message.status} already",
            )
        return message

    # Django has no asynchronous connection, so the twins run in its thread: a cancelled task leaves a statement
    # that runs to its end, never half of one.
    aappend = sync_to_async(append)
    aextend = sync_to_async(extend)
    acheckout = sync_to_async(checkout)
    afork = sync_to_async(fork)
    aclose_tool_calls = sync_to_async(close_tool_calls)
