"""What people ask for across conversations: which messages are rated, unfinished, wrong, by which model, of which day.

The partial indexes cost an ordinary append nothing; time only goes up, so the last one grows at its end.
"""

from django.db.models import Index, Q

from .rules import is_indexed

UNFINISHED = ["incomplete", "failed", "cancelled"]
# A message that failed, or a tool that did.
WENT_WRONG = Q(status="failed") | Q(parts__contains=[{"is_error": True}])

INDEXES = [
    Index(fields=["model", "conversation"], condition=is_indexed("model"), name="message_model"),
    Index(fields=["conversation", "rating"], condition=Q(rating__isnull=False), name="message_rated"),
    Index(fields=["conversation", "status"], condition=Q(status__in=UNFINISHED), name="message_unfinished"),
    Index(fields=["-created_at", "conversation"], condition=WENT_WRONG, name="message_wrong"),
    Index(fields=["created_at"], include=["sequence_number"], name="message_created"),
]
