"""Audit entries: who read, exported, erased or restored what. Append-only by a trigger, no content."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import ExactTextField, UUID7Field, readable


class AuditEntry(models.Model):
    """``actor`` is null where a command acted. Actor and owner keep their ids when the account is gone:
    an entry outlives whom it is about, so the columns refer to nothing in the database."""

    id = UUID7Field()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    action = ExactTextField(_("action"))
    kind = ExactTextField(_("kind"))
    object_id = ExactTextField(_("object id"), blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_latest"),
            models.Index(fields=["owner", "-at"], name="audit_of_owner"),
            models.Index(fields=["kind", "object_id"], name="audit_of_object"),
        ]

    def __str__(self) -> str:
        return readable(f"{self.action} {self.kind} {self.object_id}"[:100])
