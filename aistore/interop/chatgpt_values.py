"""Single values of a ChatGPT export: times, what a row cannot give back, how an error calls a wrong value."""

import datetime as dt
from typing import Any

Fields = dict[str, Any]

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


def time_of(value: Any) -> dt.datetime | None:
    """Seconds since 1970 as a number or a text, or an ISO time; None for everything else."""
    if value is None:
        return None
    try:
        if type(value) is float or type(value) is int:
            return dt.datetime.fromtimestamp(value, dt.UTC)
        if type(value) is str:
            return _time_of_text(value)
    except (ValueError, OverflowError, OSError):
        pass  # no time, or none between the years 1 and 9999
    return None


def _time_of_text(text: str) -> dt.datetime:
    try:
        seconds = float(text)
    except ValueError:
        time = dt.datetime.fromisoformat(text)
        return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def seconds_of(time: dt.datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def residue(fields: Fields, written: Fields) -> Fields:
    """Those of the fields that are written otherwise, or not at all. Objects are compared field by field."""
    kept = {}
    for name, value in fields.items():
        ours = written.get(name, residue)
        if value is ours or (value == ours and type(value) is not bool and type(ours) is not bool):
            continue
        if type(value) is dict and type(ours) is dict:
            value = {key: item for key, item in value.items() if key not in ours or ours[key] != item}
            if not value:
                continue
        kept[name] = value
    return kept


def restored(written: Fields, kept: Fields) -> Fields:
    """What residue() was given, and the fields of ``written`` that were not there."""
    fields = written | kept
    for name, value in kept.items():
        if type(value) is dict and type(written.get(name)) is dict:
            fields[name] = written[name] | value
    return fields


def set_aside(kept: Fields, *ours: str) -> Fields:
    """Makes room for names of ours: a field of the export that has one of them moves under ``fields``."""
    taken = {name: kept.pop(name) for name in ours if name in kept}
    return kept | {"fields": taken} if taken else kept


def without(fields: Fields, *names: str) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}


def kind_of(value: Any) -> str:
    return _KINDS.get(type(value), "a number")
