"""aistore: the data layer of AI assistants, as a Django app.

aistore.models        Conversation, Message, Memory, Upload and their named queries
aistore.embedding     vectors of memories: what relevant() finds by meaning
aistore.integrity     proves on a live database that the rows are right
aistore.backup        backups that are proven, restores that are all or nothing
aistore.privacy       ends what must not stay
aistore.interop       reads and writes the exports of other products
aistore.performance   says what it does and how long it takes: pool, statements, requests, report, alerts
aistore.middleware    RequestCounters
aistore.exceptions    every error, under one root
aistore.conf          every setting, with type, unit and default
aistore.urls          to include() in the host's URLs
"""

__version__ = "0.1.0"
