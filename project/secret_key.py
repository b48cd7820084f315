"""The SECRET_KEY of development: made once, so that a restart does not log everybody out."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def for_development(path: Path, *, debug: bool) -> str:
    """The key in the file, which is made if it is not there; in production, an error."""
    if not debug:
        raise ImproperlyConfigured("DEBUG is off and SECRET_KEY is not set. Set it to 50 random characters.")
    if not path.exists():
        create(path)
    return path.read_text()


def create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(get_random_secret_key())
    # A link, unlike a rename, leaves the key of a process that was faster.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
