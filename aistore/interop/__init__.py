"""Reads and writes the exports of other products, and our own.

``read`` gives conversations as plain data, ``store`` keeps them, ``import_file`` does both; ``write`` is the way
back. How a format is added stands in ``formats``.
"""

from .canonical import CanonicalConversation, CanonicalMessage, CanonicalRevision
from .importer import ImportReport, import_file, store
from .reading import read

__all__ = [
    "CanonicalConversation",
    "CanonicalMessage",
    "CanonicalRevision",
    "ImportReport",
    "import_file",
    "read",
    "store",
]
