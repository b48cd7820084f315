"""What a Django developer writes in an afternoon: two models, and max + 1 under a lock."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections, models, transaction
from django.utils import timezone


class PlainConversation(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    title = models.TextField(blank=True)
    message_count = models.IntegerField(default=0)
    last_message_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return self.title


class PlainMessage(models.Model):
    conversation = models.ForeignKey(PlainConversation, on_delete=models.CASCADE, related_name="+")
    sequence_number = models.IntegerField()
    role = models.CharField(max_length=9)
    content = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "benchmarks"
        unique_together = [("conversation", "sequence_number")]

    def __str__(self) -> str:
        return f"{self.role} {self.sequence_number}"


class Plain:
    name = "plain Django"

    def __init__(self, using: str, owner: Any) -> None:
        self._using, self._owner = using, owner
        with connections[using].schema_editor() as editor:
            editor.create_model(PlainConversation)
            editor.create_model(PlainMessage)

    def start(self, contents: list[str]) -> PlainConversation:
        with transaction.atomic(using=self._using):
            conversation = PlainConversation.objects.using(self._using).create(owner=self._owner)
            for content in contents:
                self.append(conversation, content)
        return conversation

    def append(self, conversation: PlainConversation, content: str) -> None:
        with transaction.atomic(using=self._using):
            locked = PlainConversation.objects.using(self._using).select_for_update().get(pk=conversation.pk)
            rows = PlainMessage.objects.using(self._using).filter(conversation=locked)
            number = (rows.aggregate(highest=models.Max("sequence_number"))["highest"] or 0) + 1
            rows.create(conversation=locked, sequence_number=number, role="user", content=content)
            locked.message_count, locked.last_message_at = number, timezone.now()
            locked.save(using=self._using)

    def last(self, conversation: PlainConversation, count: int) -> list[PlainMessage]:
        rows = PlainMessage.objects.using(self._using).filter(conversation=conversation)
        return list(rows.order_by("-sequence_number")[:count])[::-1]
