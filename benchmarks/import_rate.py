"""How fast an import stores, against a bare COPY of the same rows into the same tables; and in how much memory.

python -m benchmarks.import_rate [FILE] [--rounds 5] [--gigabyte]

Without a file: the conversations beside the checkout where they are, else made ones.
"""

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import server, table

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "conversations.jsonl.gz"
CONVERSATIONS, MESSAGES = 3_000, 20  # of the made file
TABLES = ("aistore_conversation", "aistore_message")
GOAL = 1 / 3  # of the rate of COPY
MOST_MEMORY = 200  # MB, of the whole process
GIGABYTE = 10**9


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    server.set_up()
    with server.databases("default"), tempfile.TemporaryDirectory() as folder:
        owner = _owner()
        if options.gigabyte:
            return 0 if _gigabyte(owner, Path(folder)) else 1
        file = options.file or (BESIDE if BESIDE.exists() else _made(Path(folder)))
        return 0 if _rate(owner, file, options.rounds).met else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.import_rate", description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="an export")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabyte", action="store_true", help="import 1 GB instead, and show the memory")
    return parser


def _rate(owner: Any, file: Path, rounds: int) -> table.Row:
    """Both in turns, each into empty tables."""
    _empty()
    _import(owner, file)
    texts = {name: _text_of(name) for name in TABLES}
    messages = len(texts["aistore_message"].splitlines())
    ways: dict[str, Callable[[], None]] = {
        "COPY": lambda: _copy(texts),
        "import": lambda: _import(owner, file),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            _empty()
            began = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - began)
    copy, ours = (messages / statistics.median(taken[name]) for name in ways)
    row = table.Row("import, messages", "/s", copy, ours, GOAL, at_least=True)
    (row,) = table.show([row], title=f"{file.name}: {messages:,} messages; limit: bare COPY of the same rows")
    held = sum(map(len, texts.values())) / 1e6
    print(f"\npeak memory {_peak():,.0f} MB, of them {held:,.0f} MB the rows that COPY is given")
    return row


def _text_of(name: str) -> bytes:
    """The rows as COPY itself writes them, made before the clock runs."""
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy(f"COPY {name} TO STDOUT") as copy:
        return b"".join(bytes(block) for block in copy)


def _copy(texts: dict[str, bytes]) -> None:
    """In one transaction, nothing computed."""
    from django.db import connection, transaction

    from aistore.interop import storing

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(storing.DEFER)
        for name, text in texts.items():
            with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                copy.write(text)


def _import(owner: Any, file: Path) -> None:
    from aistore import interop

    interop.import_file(file, owner)


def _gigabyte(owner: Any, folder: Path) -> bool:
    from aistore import interop

    file = folder / "conversations.json"
    with file.open("w") as stream:
        _write_chatgpt(stream, GIGABYTE)
    before = _peak()
    report = interop.import_file(file, owner)
    print(f"{file.stat().st_size / 1e9:.2f} GB, {report.new:,} conversations, {report.messages:,} messages")
    print(
        f"{report.seconds:.0f} s, {report.messages / report.seconds:,.0f} messages/s, {report.error_count} errors"
    )
    print(f"peak memory {_peak():,.0f} MB, of them {before:,.0f} MB before the import")
    return _peak() < MOST_MEMORY


def _write_chatgpt(stream: Any, size: int) -> None:
    from .data import Words

    dice = random.Random(17)
    words = Words(dice)
    stream.write("[")
    number = 0
    while stream.tell() < size:
        stream.write("," if number else "")
        json.dump(_chatgpt(f"conversation-{number}", words, dice.randint(2, 60)), stream)
        number += 1
    stream.write("]")


def _chatgpt(id: str, words: Any, count: int) -> dict[str, Any]:
    ids = [f"{id}-{number}" for number in range(count)]
    nodes = {
        node: {
            "id": node,
            "parent": parent,
            "children": [child] if child else [],
            "message": _message(node, "assistant" if number % 2 else "user", words(), number),
        }
        for number, (node, parent, child) in enumerate(zip(ids, [None, *ids], [*ids[1:], None], strict=False))
    }
    return {
        "id": id,
        "conversation_id": id,
        "title": words()[:40],
        "create_time": 1.7e9,
        "update_time": 1.7e9 + count,
        "mapping": nodes,
        "current_node": ids[-1],
        "default_model_slug": "gpt-5",
        "is_archived": False,
        "safe_urls": [],
    }


def _message(id: str, role: str, text: str, seconds: int) -> dict[str, Any]:
    return {
        "id": id,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": 1.7e9 + seconds,
        "update_time": None,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": {"model_slug": "gpt-5", "request_id": id, "citations": [], "content_references": []},
        "recipient": "all",
        "channel": None,
    }


def _made(folder: Path) -> Path:
    file = folder / "made.jsonl"
    with file.open("w") as stream:
        stream.writelines(f"{json.dumps(line)}\n" for line in _made_lines())
    return file


def _made_lines() -> Iterator[dict[str, Any]]:
    from .data import Words

    words = Words(random.Random(17))
    for number in range(CONVERSATIONS):
        roles = ["user", "assistant"] * (MESSAGES // 2)
        messages = [{"role": role, "content": words()} for role in roles]
        yield {"id": f"made-{number}", "title": words()[:40], "messages": messages}


def _owner() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create(username="owner")


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE aistore_conversation, aistore_message, aistore_messagerevision,"
            " aistore_memory, aistore_upload"
        )


def _peak() -> float:
    """MB"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
