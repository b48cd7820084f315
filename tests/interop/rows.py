"""Messages for the projections, without a database: they read columns, of whatever has them."""

from itertools import count

from aistore.interop.canonical import CanonicalMessage

_numbers = count()


def row(role, content="", **columns):
    columns.setdefault("external_id", f"message {next(_numbers)}")
    return CanonicalMessage(role=role, content=content, **columns)


def calling(*ids, name="weather", arguments="{}", **columns):
    calls = [{"id": id, "name": name, "arguments": arguments, "type": "function"} for id in ids]
    return row("assistant", tool_calls=calls, **columns)


def result(id, content="22 degrees", **columns):
    return row("tool", content, tool_call_id=id, **columns)
