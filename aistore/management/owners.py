"""The owner that a command names."""

from difflib import get_close_matches
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

_LOOKED_AT = 1_000  # accounts, to find near names among


def owner_named(name: str) -> Any:
    """The user whose user name this is, or CommandError with the near names."""
    model = get_user_model()
    # an argument may hold bytes that are no text, which the database refuses to look for
    user = (
        model._default_manager.filter(**{model.USERNAME_FIELD: name}).first() if name.isprintable() else None
    )
    if user is not None:
        return user
    near = ", ".join(_near(name)) if name.isprintable() else ""
    hint = f"Near: {near}." if near else "There is no account with a name like that."
    raise CommandError(f"There is no owner {name!r}. {hint}")


def _near(name: str) -> list[str]:
    model = get_user_model()
    field = model.USERNAME_FIELD
    names = model._default_manager.order_by(field).values_list(field, flat=True)
    beginning = list(names.filter(**{f"{field}__istartswith": name[:2]})[:_LOOKED_AT])
    known = list(dict.fromkeys([*beginning, *names[:_LOOKED_AT]]))
    return get_close_matches(name, known, n=3) or beginning[:3]
