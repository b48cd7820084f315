"""What memories mean, as vectors beside them: made by the embedder of the host, kept with pgvector.

A memory without a vector is a memory that ``relevant()`` finds by its words only. So nothing here may stop a write: a
vector comes after the commit, from a thread of the process or from a task of the host, and what got lost on the way is
made by ``aistore_embed``. Without ``EMBEDDER`` nothing of this does anything.
"""

from .background import in_background
from .filling import Filled, embed, fill
from .state import State, remarks, state

__all__ = ["Filled", "State", "embed", "fill", "in_background", "remarks", "state"]
