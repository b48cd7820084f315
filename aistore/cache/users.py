"""The users of the host: his table, so no trigger of ours; what passes by ``save`` and ``delete`` is seen at once, the
rest (``update()``, psql) after one lease."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import router

from ..conf import settings
from .announcing import sees_its_own
from .reading import Loaded, Unit, read
from .records import Codec, UserRecord

USERS = Codec.of(UserRecord)


def user(user_id: Any) -> UserRecord:
    """The user as a record; ``DoesNotExist`` of the user model where there is none. One hour."""
    model = get_user_model()
    using = router.db_for_read(model)

    def load() -> Loaded:
        row = model._default_manager.using(using).get(pk=user_id)
        return Loaded((_record(row),))

    unit, seconds = Unit("u", str(user_id)), float(settings.USER_TTL)
    [record] = read(unit, "user", USERS, seconds, load, bypass=sees_its_own(using))
    return record  # type: ignore[no-any-return]


def _record(row: Any) -> UserRecord:
    return UserRecord(
        id=row.pk,
        username=row.get_username(),
        is_active=row.is_active,
        is_staff=getattr(row, "is_staff", False),
        is_superuser=getattr(row, "is_superuser", False),
        last_login=row.last_login,
    )
