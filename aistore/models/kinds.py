"""Whose turn a message is, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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


UNFINISHED = [Status.INCOMPLETE, Status.FAILED, Status.CANCELLED]
# A message that failed, or a tool that did.
WENT_WRONG = Q(status=Status.FAILED) | Q(parts__contains=[{"is_error": True}])
