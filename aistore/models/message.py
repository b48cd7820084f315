"""Messages: one turn each, numbered without gaps in their conversation, joined to a tree by parent."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import models, router, transaction
from django.db.models import Q
from django.db.models.base import ModelState
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_init, pre_init
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import MissingConversation
from ..fields import ExactJSONField, ExactTextField, UUID7Field
from . import appending, branches, deleting, editing, owning, telling
from .asked import INDEXES
from .cached import CachedMessages
from .conversation import Conversation
from .editing import ANY
from .kinds import Role, Status
from .rules import is_array, is_object, is_set, is_short
from .searching import SearchableQuerySet
from .usage import usage_by

# Numbers have no gaps, so the last ones can be named without looking for them: a seventh less work for client and
# server together. The upper end only tells the planner that they are few.
FIRST_OF_LAST = "SELECT message_count - %s FROM aistore_conversation WHERE id = %s"
LARGEST = 2**31 - 1


class MessageQuerySet(SearchableQuerySet["Message"]):
    _conversation_id: Any = None
    told_by = ("conversation_id",)

    def _tell(self, using: str, rows: Iterable[Sequence[Any]]) -> None:
        telling.messages_changed(using, (conversation_id for (conversation_id,) in rows))

    def bulk_create(self, objs: Iterable[Message], *args: Any, **options: Any) -> list[Message]:
        rows = list(objs)
        owning.fill(rows, self.db)
        made = super().bulk_create(rows, *args, **options)
        telling.messages_inserted(self.db, [row.conversation_id for row in made])
        return made

    def owned_by(self, owner: Any) -> MessageQuerySet:
        return self.filter(owner=owner)

    def in_conversation(self, conversation: Conversation | uuid.UUID | str) -> MessageQuerySet:
        rows: MessageQuerySet = self.filter(conversation=conversation)  # type: ignore[misc]  # or its id as text
        rows._conversation_id = getattr(conversation, "pk", conversation)
        return rows

    def path(self, *, last: int | None = None, to: Message | uuid.UUID | None = None) -> MessageQuerySet:
        """From the root to the head, or to another message; the ``last`` ones only. The price depends on how many
        are asked for, not on how long the conversation is."""
        conversation_id = self._known_conversation("path")
        if last is not None and last < 1:
            return self.none()
        ids = branches.on_path(conversation_id, to=getattr(to, "pk", to), last=last)
        return self.filter(pk__in=ids).order_by("sequence_number")

    def last(self, count: int | None = None) -> Any:
        """The last ``count`` messages of all branches, oldest first. Without a count, Django's last()."""
        if count is None:
            return super().last()
        if count > 0 and self._is_whole_conversation:
            first = RawSQL(FIRST_OF_LAST, [count - 1, self._known_conversation("last")])
            return self.filter(sequence_number__range=(first, LARGEST)).order_by("sequence_number")
        return self._newest(count)

    def before(self, sequence_number: int, count: int) -> MessageQuerySet:
        """The ``count`` messages before this number, oldest first: the page above."""
        return self.filter(sequence_number__lt=sequence_number)._newest(count)

    def usage(self, *, by: str) -> MessageQuerySet:
        """Messages, tokens and cost summed ``by`` "day" (UTC), "owner" or "model", as dicts, in one query."""
        return usage_by(self, by)

    def update(self, **values: Any) -> int:
        if not values or self.query.is_sliced or self.query.combinator:
            return super().update(**values)  # which does nothing, or says why not
        self._for_write = True
        with transaction.atomic(using=self.db, savepoint=False):
            # See Note [The conversation first]
            ids = self.order_by().values("conversation_id")
            list(appending.lock_all(ids, Conversation, using=self.db).values_list("pk"))
            return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete from the newest backwards. Numbers, counters and heads stay right; a hole in the numbers is
        refused (GapInNumbers)."""
        return deleting.delete(self)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _newest(self, count: int) -> MessageQuerySet:
        newest = self.order_by("-sequence_number").values("pk")[:count]
        return self.filter(pk__in=newest).order_by("sequence_number")

    @property
    def _is_whole_conversation(self) -> bool:
        """Whether nothing but the conversation has been asked for."""
        related = isinstance(self._hints.get("instance"), Conversation)  # type: ignore[attr-defined]
        return (related or self._conversation_id is not None) and len(self.query.where.children) == 1

    def _known_conversation(self, call: str) -> Any:
        related = self._hints.get("instance")  # type: ignore[attr-defined]  # conversation.messages
        known = related.pk if isinstance(related, Conversation) else self._conversation_id
        if known is None:
            raise MissingConversation(call=call)
        return known

    def _clone(self) -> MessageQuerySet:
        rows: MessageQuerySet = super()._clone()
        rows._conversation_id = self._conversation_id
        return rows


class MessageManager(models.Manager.from_queryset(MessageQuerySet)):  # type: ignore[misc]
    @property
    def cached(self) -> CachedMessages:
        """last() and path(), answered from the cache with records."""
        return CachedMessages(self.model, self._db)


class Message(models.Model):
    id = UUID7Field()
    conversation = models.ForeignKey(
        Conversation,
        # See Note [References]
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="messages",
        verbose_name=_("conversation"),
    )
    # The conversation's, so that one index finds an owner's words. The key to the conversation keeps it true.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        editable=False,
        related_name="+",
        verbose_name=_("owner"),
    )
    sequence_number = models.PositiveIntegerField(_("number"))
    parent = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    external_id = ExactTextField(_("external id"), blank=True, default="")
    role = models.CharField(_("role"), max_length=9, choices=Role)
    content = ExactTextField(_("content"), blank=True, default="")
    parts = ExactJSONField(_("parts"), blank=True, default=list)
    tool_calls = ExactJSONField(_("tool calls"), blank=True, default=list)
    tool_call_id = ExactTextField(_("tool call id"), blank=True, default="")
    name = ExactTextField(_("name"), blank=True, default="")
    model = ExactTextField(_("model"), blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.COMPLETE)
    finish_reason = ExactTextField(_("finish reason"), blank=True, default="")
    is_hidden = models.BooleanField(_("hidden"), default=False)
    input_tokens = models.PositiveBigIntegerField(_("input tokens"), null=True, blank=True)
    output_tokens = models.PositiveBigIntegerField(_("output tokens"), null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=20, decimal_places=10, null=True, blank=True)
    usage = ExactJSONField(_("usage"), blank=True, default=dict)
    rating = models.SmallIntegerField(_("rating"), null=True, blank=True)
    rating_comment = ExactTextField(_("rating comment"), blank=True, default="")
    metadata = ExactJSONField(_("metadata"), blank=True, default=dict)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    # The last sign of life of a stream; null when the message is no stream any more.
    beat_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MessageManager()

    class Meta:
        base_manager_name = "objects"  # related managers write through it
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "sequence_number"], name="message_number_once"),
            models.UniqueConstraint(
                fields=["conversation", "external_id"],
                condition=is_set("external_id"),
                name="message_external_id_once",
            ),
            # What (conversation, parent) and (conversation, head) refer to. See Note [References]
            models.UniqueConstraint(fields=["conversation", "id"], name="message_of_conversation"),
            models.CheckConstraint(condition=Q(sequence_number__gte=1), name="message_number_from_one"),
            models.CheckConstraint(condition=is_short("external_id"), name="message_external_id_short"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="message_role"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="message_status"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__in=[-1, 1]), name="message_rating"
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | Q(cost__gte=0), name="message_cost_not_negative"
            ),
            models.CheckConstraint(condition=is_array("parts"), name="message_parts_array"),
            models.CheckConstraint(condition=is_array("tool_calls"), name="message_tool_calls_array"),
            models.CheckConstraint(condition=is_object("usage"), name="message_usage_object"),
            models.CheckConstraint(condition=is_object("metadata"), name="message_metadata_object"),
        ]
        indexes = [
            # the few that are being written: asked at every append, so it must stay tiny
            models.Index(fields=["conversation"], condition=Q(status="streaming"), name="message_streaming"),
            # the newest of one owner: where search looks for what everybody says, and for pieces of words
            models.Index(fields=["owner", "-created_at", "-id"], name="message_newest"),
            *INDEXES,
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.sequence_number}"

    def save(self, **options: Any) -> None:
        """A new row gets the owner of its conversation. One that is stored keeps the owner that it has there: the
        conversation may have got another one since it was read."""
        using = options.get("using") or router.db_for_write(type(self), instance=self)
        if self._state.adding or options.get("force_insert"):
            owning.fill([self], using)
        elif options.get("update_fields") is None and using == self._state.db:
            fields = {field.attname for field in self._meta.concrete_fields if not field.primary_key}
            options["update_fields"] = fields - {"owner_id"} - self.get_deferred_fields()
        with transaction.atomic(using=using, savepoint=False):
            if not self._state.adding:  # See Note [The conversation first]
                list(appending.lock_all([self.conversation_id], Conversation, using=using).values_list("pk"))
            super().save(**options)

    save.alters_data = True  # type: ignore[attr-defined]

    @classmethod
    def from_db(
        cls, db: Any, field_names: Collection[str], values: Collection[Any], **options: Any
    ) -> Message:
        """Django's own without ``__init__``, which sets the fields one by one: half the price of an instance.
        Where somebody listens to the signals that it sends, Django's own it is."""
        # receivers first: most projects have none at all, and has_listeners() takes as long as all the rest here
        if (pre_init.receivers and pre_init.has_listeners(cls)) or (
            post_init.receivers and post_init.has_listeners(cls)
        ):
            return super().from_db(db, field_names, values, **options)
        row = cls.__new__(cls)
        row._state = state = ModelState()
        state.adding, state.db = False, db
        for name, value in options.items():
            if value is not None:
                setattr(state, name, value)
        row.__dict__.update(zip(field_names, values, strict=True))
        return row

    def edit(self, content: str, *, parts: list[dict[str, Any]] | None = None, expected: Any = ANY) -> None:
        """Replace the text and keep what was there as a MessageRevision.

        ``expected`` is ``edited_at`` as you read it (None: never edited); StaleEdit when somebody else edited
        since. Without ``parts``, the parts that are no text stay.
        """
        editing.edit(self, content, parts=parts, expected=expected)

    def rate(self, rating: int | None, *, comment: str = "") -> None:
        """1, -1, or None to take it back."""
        editing.rate(self, rating, comment)

    def siblings(self) -> MessageQuerySet:
        """This message and the others that answer the same one, in order."""
        rows = type(self).objects.using(self._state.db).in_conversation(self.conversation_id)
        return rows.filter(parent_id=self.parent_id).order_by("sequence_number")

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        using = using or router.db_for_write(type(self), instance=self)
        return type(self).objects.using(using).filter(pk=self.pk).delete()

    aedit = sync_to_async(edit)
    arate = sync_to_async(rate)
