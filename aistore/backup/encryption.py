"""Encrypted by age, for recipients in the settings. Their private keys are nowhere near: only who restores has one."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..conf import settings
from ..exceptions import BackupDamaged, BackupFailed, BackupUnfit
from .streams import Readable, Writable, pump

MARK = 8  # characters by which sets of recipients are told apart


class Recipients:
    """Who can read what is written; nobody in particular where the setting is empty."""

    def __init__(self) -> None:
        self.names: Sequence[str] = [str(name) for name in settings.BACKUP_RECIPIENTS]
        self._keys = [_recipient(name) for name in self.names]

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def mark(self) -> str:
        """A blob encrypted for others is not shared."""
        return hashlib.sha256("\n".join(sorted(self.names)).encode()).hexdigest()[:MARK]

    def write(self, source: Readable, sink: Writable) -> None:
        if self._keys:
            _pyrage().encrypt_io(source, sink, self._keys)
        else:
            pump(source, sink)


class Identity:
    """A private key, from the file that age-keygen or ssh-keygen wrote."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            text = Path(path).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise _no_identity(path, str(error)) from error
        self.keys = _identities(path, text)

    def read(self, source: Readable, sink: Writable, name: str) -> None:
        pyrage = _pyrage()
        try:
            pyrage.decrypt_io(source, sink, self.keys)
        except pyrage.DecryptError as error:
            why = f"this identity cannot open it ({error})"
            raise BackupUnfit(name=name, why=why, remedy="Give the file of one of its recipients.") from error
        except OSError as error:
            if error.errno is not None:  # of the disk or the pipe, and not of age
                raise
            raise BackupDamaged(name=name, why=f"age cannot open it ({error})") from error


def _pyrage() -> Any:
    try:
        import pyrage
    except ImportError as error:
        remedy = "Install aistore[encryption], or pyrage."
        raise BackupFailed(why="encryption needs the package pyrage", remedy=remedy) from error
    return pyrage


def _recipient(name: str) -> Any:
    pyrage = _pyrage()
    kind = pyrage.ssh if name.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(name)
    except pyrage.RecipientError as error:
        why = f"AISTORE['BACKUP_RECIPIENTS'] has {name!r}, which is no recipient of age"
        raise BackupFailed(why=why, remedy="Write the public key that age-keygen prints, age1….") from error


def _identities(path: str | os.PathLike[str], text: str) -> list[Any]:
    pyrage = _pyrage()
    lines = [line.strip() for line in text.splitlines()]
    try:
        if text.startswith("-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        found = [
            pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")
        ]
    except pyrage.IdentityError as error:
        raise _no_identity(path, str(error)) from error
    if not found:
        raise _no_identity(path, "it has no line AGE-SECRET-KEY-…")
    return found


def _no_identity(path: Any, why: str) -> BackupUnfit:
    return BackupUnfit(
        name="that is encrypted",
        why=f"{path} is no identity of age ({why})",
        remedy="Give the file that age-keygen wrote.",
    )
