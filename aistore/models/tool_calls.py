"""Which tool calls of a path still wait for a result.

A call is open when its message has it in ``tool_calls``, no ``tool`` message after it answers its id, and no
``tool_result`` part of the same message does. Providers refuse a history with an open call that is followed by
another turn, so an append closes them first.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

INTERRUPTED = "interrupted"  # what a call is answered with that never got its result


class Turn(Protocol):
    role: Any
    tool_calls: Any
    tool_call_id: Any
    parts: Any


def open_calls(path: Iterable[Turn]) -> list[str]:
    """The ids of the open calls, in their order. ``path`` runs from older to newer."""
    waiting: list[str] = []
    for turn in path:
        waiting = open_after(waiting, turn)
    return waiting


def open_after(waiting: Sequence[str], turn: Turn) -> list[str]:
    """What is open behind this turn, when ``waiting`` was open before it."""
    if turn.role in ("user", "assistant"):
        return opened_by(turn)
    if turn.role == "tool":
        return [call for call in waiting if call != turn.tool_call_id]
    return list(waiting)


def opened_by(turn: Turn) -> list[str]:
    results = [part.get("id") for part in turn.parts or () if part.get("type") == "tool_result"]
    calls = [call.get("id") for call in turn.tool_calls or ()]
    return [call for call in calls if isinstance(call, str) and call not in results]


def normal(call: dict[str, Any]) -> dict[str, Any]:
    """A call in our form, from ours or that of OpenAI Chat Completions: ``arguments`` is the string that the
    model sent, which is not always JSON; a dict is written as JSON. A custom call's free text counts as one."""
    custom, function = call.get("custom"), call.get("function")
    named = custom if isinstance(custom, dict) else function if isinstance(function, dict) else call
    arguments = named.get("input" if named is custom else "arguments", "")
    return {
        "id": call.get("id") or "",
        "name": named.get("name") or "",
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False),
        "type": call.get("type") or ("custom" if named is custom else "function"),
    }


def projected(parts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """``tool_calls`` as ``parts`` have them."""
    return [normal({**part, "type": "function"}) for part in parts if part.get("type") == "tool_call"]
