"""A dataclass as JSON has it."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Dicts, lists, numbers and strings; times in ISO 8601, durations in seconds. Properties stand beside the fields;
    what repr hides is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _names(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    return value


def _names(value: Any) -> list[str]:
    fields = [field.name for field in dataclasses.fields(value) if field.repr]
    return fields + [name for name, one in vars(type(value)).items() if isinstance(one, property)]
