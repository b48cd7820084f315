"""Texts that stores have lost or changed, each under a name: every script, cut-off emoji, NUL, control characters."""

import json
from pathlib import Path

import pytest

LINES = (Path(__file__).parent.parent / "data" / "edge-texts.jsonl").read_text("utf-8").splitlines()
TEXTS = {row["id"]: row["text"] for row in map(json.loads, LINES)}

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
