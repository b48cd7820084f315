"""A small real model: WordLlama, whose weights come in its wheel (the extra test-embeddings)."""

from functools import cache
from pathlib import Path

import pytest

PATH = "tests.embedding.model.embed"


@cache
def loaded():
    wordllama = pytest.importorskip("wordllama", reason="needs the extra test-embeddings")
    # Named as its cache, for otherwise it looks for its own tokenizer in a folder that is not there.
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)


def embed(texts):
    return loaded().embed(texts)
