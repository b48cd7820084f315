"""Cached reads that are never stale, and harmless when the cache is gone.

``Conversation.objects.cached``, ``Message.objects.cached`` and ``Memory.objects.cached`` read through it; here is the
rest. The reasons stand in Note [Stamps are leases] (stamps.py) and Note [Trouble] (link.py).
"""

from .functions import cached
from .maintenance import Statistics, forget, forget_matching, stats, warm
from .records import ConversationRecord, MemoryRecord, MessageRecord, UserRecord
from .users import auser, user

__all__ = [
    "ConversationRecord",
    "MemoryRecord",
    "MessageRecord",
    "Statistics",
    "UserRecord",
    "auser",
    "cached",
    "forget",
    "forget_matching",
    "stats",
    "user",
    "warm",
]
