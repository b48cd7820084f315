"""Uploads: a file of an owner, with what was extracted from it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import ExactJSONField, ExactTextField, UUID7Field, readable
from .conversation import Conversation
from .message import Message
from .rules import is_object


class UploadStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    PROCESSED = "processed", _("processed")
    FAILED = "failed", _("failed")


def storage_name(upload: Upload, _filename: str) -> str:
    """Where the bytes lie: by owner and id, so that no name given by a user becomes a path."""
    return f"aistore/{upload.owner_id}/{upload.pk}"


class UploadQuerySet(models.QuerySet["Upload"]):
    def owned_by(self, owner: Any) -> UploadQuerySet:
        return self.filter(owner=owner)

    def pending(self) -> UploadQuerySet:
        return self.filter(status=UploadStatus.PENDING)


class Upload(models.Model):
    id = UUID7Field()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # See Note [References]
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="uploads",
        verbose_name=_("owner"),
    )
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("conversation"),
    )
    message = models.ForeignKey(
        Message,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("message"),
    )
    file = models.FileField(_("file"), upload_to=storage_name, max_length=500)
    name = ExactTextField(_("name"), blank=True, default="")
    content_type = ExactTextField(_("content type"), blank=True, default="")
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    status = models.CharField(_("status"), max_length=9, choices=UploadStatus, default=UploadStatus.PENDING)
    text = ExactTextField(_("text"), blank=True, default="")
    error = ExactTextField(_("error"), blank=True, default="")
    metadata = ExactJSONField(_("metadata"), blank=True, default=dict)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=UploadStatus.values), name="upload_status"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^([0-9a-f]{64})?$"), name="upload_sha256"),
            models.CheckConstraint(condition=is_object("metadata"), name="upload_metadata_object"),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="upload_newest"),
            models.Index(fields=["-created_at", "-id"], name="upload_latest"),
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="upload_pending"),
        ]

    def __str__(self) -> str:
        return readable(self.name[:100]) or str(self.pk)
