"""The tables: one file each, with its queryset beside it.

Note [References]. Django's own cascade reads every row that it deletes, asks five tables about each, and
fires signals: 10,000 messages take 640 ms and all of their memory. So all foreign keys here are Django's only
in name (``DO_NOTHING``, ``db_constraint=False``) and real in the database, where migration 0002 makes them:

- what goes with what: a conversation with its owner, messages and uploads with their conversation, a memory with
  the one that superseded it (to say that it is true again would be wrong);
- a parent and a head must lie in the same conversation: their keys are pairs, (conversation, message);
- a message has the owner of its conversation: its key is the pair of both, and follows when he changes;
- all can be deferred (``SET CONSTRAINTS ALL DEFERRED``), for rows that come in any order;
- the references to the user exist where his table is in the same database, and only there.
"""

from .audit import AuditEntry
from .conversation import Conversation
from .memory import Memory
from .message import Message
from .revision import MessageRevision
from .upload import Upload

__all__ = ["AuditEntry", "Conversation", "Memory", "Message", "MessageRevision", "Upload"]
