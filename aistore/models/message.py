"""Messages: one turn each, numbered without gaps in their conversation, joined to a tree by parent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import ExactJSONField, ExactTextField, UUID7Field
from .conversation import Conversation
from .rules import is_array, is_object, is_set, is_short


class Role(models.TextChoices):
    SYSTEM = "system", _("system")
    DEVELOPER = "developer", _("developer")
    USER = "user", _("user")
    ASSISTANT = "assistant", _("assistant")
    TOOL = "tool", _("tool")


class Status(models.TextChoices):
    STREAMING = "streaming", _("streaming")
    COMPLETE = "complete", _("complete")
    INCOMPLETE = "incomplete", _("incomplete")  # cut by a length limit or a filter; not an error
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class MessageQuerySet(models.QuerySet["Message"]):
    def in_conversation(self, conversation: Conversation) -> MessageQuerySet:
        return self.filter(conversation=conversation)


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

    objects = MessageQuerySet.as_manager()
    children: models.Manager[Message]

    class Meta:
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
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.sequence_number}"


class MessageRevision(models.Model):
    """What an edit replaced."""

    id = UUID7Field()
    message = models.ForeignKey(
        Message,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="revisions",
        verbose_name=_("message"),
    )
    content = ExactTextField(_("content"), blank=True, default="")
    parts = ExactJSONField(_("parts"), blank=True, default=list)
    replaced_at = models.DateTimeField(_("replaced"), default=timezone.now)

    class Meta:
        verbose_name = _("message revision")
        verbose_name_plural = _("message revisions")
        constraints = [models.CheckConstraint(condition=is_array("parts"), name="revision_parts_array")]

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at:%Y-%m-%d %H:%M:%S}"
