"""The users of the host: his table, so no trigger of ours; what passes by ``save`` and ``delete`` is seen at once, the
rest (``update()``, psql) after one lease."""

from functools import cache
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import router

from ..conf import settings
from .announcing import sees_its_own
from .reading import Loaded, Unit, read
from .records import Codec, UserRecord

USERS = Codec.of(UserRecord)


def user(user_id: Any) -> UserRecord:
    """The user as a record; ``DoesNotExist`` of the user model where there is none. One hour."""
    model = get_user_model()
    using = router.db_for_write(model)  # a replica may not have heard yet of what was told to the cache

    def load() -> Loaded:
        row = model._default_manager.using(using).get(pk=user_id)
        return Loaded((_record(row),))

    try:
        unit = Unit("u", user_key(user_id), using)
    except ValidationError:
        raise model.DoesNotExist(f"{str(user_id)[:80]!r} is no id of a user.") from None
    [record] = read(unit, "user", USERS, float(settings.USER_TTL), load, bypass=sees_its_own(using))
    return record


auser = sync_to_async(user)


def user_key(user_id: Any) -> str:
    """The same for every way to write an id. ValidationError: it is none."""
    return str(key_field().to_python(user_id))


@cache
def key_field() -> Any:
    """The primary key of the host's users. To ask Django for the model takes a twentieth of a read."""
    return get_user_model()._meta.pk


def _record(row: Any) -> UserRecord:
    return UserRecord(
        id=row._meta.pk.get_prep_value(row.pk),
        username=row.get_username(),
        is_active=row.is_active,
        is_staff=getattr(row, "is_staff", False),
        is_superuser=getattr(row, "is_superuser", False),
        last_login=getattr(row, "last_login", None),
    )
