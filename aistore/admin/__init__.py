"""The admin: people read conversations here. Uncached, read-mostly; actions call the models.

rights         who may list, read, export, erase, see the reports; a row without its words
recording      what is put on record
policy         what a browser may do on our pages

browsing       what all our lists have in common
changelist     pages of a list by the last row seen, both ways; the best hits of a search
filters, date  what rows can be filtered by; searching: words
owner          the owner: a filter by autocomplete, a column
display        a value as it stands in a list
marking, exporting, deletion, editing    what is done to rows

branch         which messages of a conversation are on a page
transcript     messages -> what the page prints; blocks, printing, typesetting, difference, reference: its pieces
finding, whole find in a conversation; a message that is too long for its page

person         the page of an owner; summary, usage, plot, erasing: its pieces
front          the box on the front page
preview        pictures of uploads
performance    the report of what the data layer does
conversation, memory, upload, audit    one registered model each
"""

from . import audit, conversation, memory, upload  # noqa: F401  (importing registers them)
