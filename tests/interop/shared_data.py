"""Real conversations, where they lie beside the repository: every path from a root to a leaf."""

import gzip
import json
from pathlib import Path

from aistore.interop import read
from tests.interop.rows import row

FOLDER = Path(__file__).parents[3] / "shared" / "data"
COLUMNS = {"role", "content", "parts", "tool_calls", "tool_call_id", "name", "model"}


def is_there():
    return (FOLDER / "conversations.jsonl.gz").exists()


def paths():
    """(id of the conversation, messages)"""
    with gzip.open(FOLDER / "conversations.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            conversation = json.loads(line)
            for path in paths_of(conversation["messages"]):
                yield conversation["id"], path


def paths_of_export(path):
    """As an importer would store them; what it cannot keep is not looked at."""
    for conversation in read(path, on_bad=bool):
        by_id = {message.external_id: message for message in conversation.messages}
        parents = {message.parent for message in conversation.messages}
        for leaf in by_id.keys() - parents:
            path, message = [], by_id[leaf]
            while message:
                path.append(message)
                message = by_id.get(message.parent)
            yield conversation.external_id, path[::-1]


def paths_of(messages):
    numbered = [{"n": number, "parent": number - 1, **message} for number, message in enumerate(messages)]
    by_number = {message["n"]: message for message in numbered}
    parents = {message["parent"] for message in numbered}
    for message in numbered:
        if message["n"] not in parents:
            yield path_to(message, by_number)


def path_to(message, by_number):
    path = []
    while message:
        path.append(row(**{name: message[name] for name in COLUMNS & message.keys()}))
        message = by_number.get(message["parent"])
    return path[::-1]
