"""The admin: people read conversations here. Uncached, read-mostly; actions call the models.

changelist     pages of a list by the last row seen, both ways
browsing       what all our lists have in common
owner          the owner: a filter by autocomplete, a column
display        a value as it stands in a list
branch         which messages of a conversation are on a page
transcript     messages -> what the page prints
performance    the report of what the data layer does
conversation, memory, upload, audit    one registered model each
"""

from . import audit, conversation, memory, upload  # noqa: F401  (importing registers them)
