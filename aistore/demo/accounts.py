"""Whose the demo is: a superuser who can sign in, and three people who cannot."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import router

from .conversation import of

PEOPLE = ("maria", "kenji", "amira")
# Without l, 1, o, 0 and i, which look alike; 31 characters, 12 of them: 59 bits
CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def superuser(name: str) -> tuple[Any, str | None]:
    """He and, where he had to be made, his password. Nothing about an existing account is changed."""
    user = account(name)
    if user is not None:
        return user, None
    if needed := more_than_a_name():
        raise ImproperlyConfigured(
            f"There is no user {name!r}, and the demo cannot make one, because your user model also needs"
            f" {', '.join(needed)}. Run manage.py createsuperuser, then aistore_demo --owner NAME."
        )
    password = new_password()
    return users().create_superuser(**named(name), password=password), password


def new_password() -> str:
    groups = ("".join(secrets.choice(CHARACTERS) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def people(owner: Any) -> list[Any]:
    """Some of the demo belongs to others, so that there is something to tell apart. Whoever of that name has an
    account without demo conversations is a stranger to us, and gets none."""
    return [user for name in PEOPLE if (user := person(name)) is not None and user != owner]


def person(name: str) -> Any | None:
    user = account(name)
    if user is not None:
        return user if of([user]).exists() else None
    return None if more_than_a_name() else users().create_user(**named(name))  # without a password: no way in


def account(name: str) -> Any | None:
    return users().filter(**named(name)).first()


def users() -> Any:
    """Where they are written: a replica may not know yet whom we have just made."""
    model = get_user_model()
    return model._default_manager.db_manager(router.db_for_write(model))


def named(name: str) -> dict[str, str]:
    """A host's user may be known by his e-mail address."""
    return {get_user_model().USERNAME_FIELD: name}


def more_than_a_name() -> list[str]:
    """What a host's user cannot be made without. Django's own managers do without the address."""
    model = get_user_model()
    return [field for field in model.REQUIRED_FIELDS if field != model.get_email_field_name()]
