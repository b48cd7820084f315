"""Reads and writes the exports of other products, and our own; hands a path to model services.

``read`` gives conversations as plain data, ``store`` keeps them, ``import_file`` does both; ``write`` is the way
back. How a format is added stands in ``formats``.
"""

from .anthropic import as_anthropic
from .canonical import CanonicalConversation, CanonicalMessage, CanonicalRevision
from .formats import readable, writable
from .importer import ImportReport, import_file, store
from .markdown import as_markdown
from .openai import as_openai
from .reading import read
from .writing import chunks, write

__all__ = [
    "CanonicalConversation",
    "CanonicalMessage",
    "CanonicalRevision",
    "ImportReport",
    "as_anthropic",
    "as_markdown",
    "as_openai",
    "chunks",
    "import_file",
    "read",
    "readable",
    "store",
    "writable",
    "write",
]
