"""Whose turn a message is, and what became of it."""

from django.db import models
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
