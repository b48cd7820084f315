"""Revisions: what edits replaced."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import ExactJSONField, ExactTextField, UUID7Field
from .message import Message
from .rules import is_array


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
