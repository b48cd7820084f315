"""Where the files lie: aistore/<owner>/<id of the upload that brought it>, in one storage of Django.

Only names of this form are ours. The id is a UUIDv7, so that a name says when it was given: not every storage knows.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.core.files.storage import Storage, storages
from django.utils.deconstruct import deconstructible

from ..conf import settings
from ..exceptions import StorageUnreachable

logger = logging.getLogger(__name__)

FOLDER = "aistore"


@deconstructible(path=f"{__name__}.UploadStorage")
class UploadStorage:
    """The storage that AISTORE["UPLOAD_STORAGE"] names, at the moment of use."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """So that isinstance() sees the real one, as with Django's own default_storage."""
        return type(named())

    def __getattr__(self, name: str) -> Any:
        return getattr(named(), name)


UPLOADS: Any = UploadStorage()


def named() -> Storage:
    return storages[settings.UPLOAD_STORAGE]


def path_of(owner_id: Any, upload_id: Any) -> str:
    """No name that a user gives becomes a path."""
    return f"{FOLDER}/{quote(str(owner_id), safe='')}/{upload_id}"


def folders() -> Iterator[str]:
    found, _ = _listed(FOLDER)
    return (f"{FOLDER}/{folder}" for folder in found)


def files_in(folder: str) -> list[str]:
    """The names of our files in it, as rows have them."""
    _, found = _listed(folder)
    return [f"{folder}/{name}" for name in found if given_at(name)]


def given_at(name: str) -> datetime | None:
    """When this name was given; None where it is none of ours."""
    try:
        id = uuid.UUID(name.rpartition("/")[2])
    except ValueError:
        return None
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC) if id.version == 7 else None


def has(name: str | None) -> bool:
    """Raises StorageUnreachable."""
    with _reaching():
        return bool(name) and named().exists(str(name))


def delete(name: str) -> bool:
    """Or leave it to aistore_purge, where the storage is out of reach. Whether it is gone."""
    try:
        named().delete(name)
    except Exception as error:  # noqa: BLE001 (those of buckets have no root in common, and the row is gone by now)
        logger.warning("The file %s was not deleted: %s. aistore_purge will find it.", name, error)
        return False
    return True


def _listed(folder: str) -> tuple[list[str], list[str]]:
    with _reaching():
        try:
            return named().listdir(folder)
        except FileNotFoundError:  # on a disk there is no folder before the first file
            return [], []


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # those of buckets have no root in common
        raise StorageUnreachable(
            storage=settings.UPLOAD_STORAGE, why=" ".join(str(error).split()) or type(error).__name__
        ) from error
