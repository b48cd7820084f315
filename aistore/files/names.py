"""The name that a file is handed out under: one that cannot lie about what it is."""

import re
import unicodedata

from .kinds import EXTENSIONS, extension_of

LONGEST = 150  # bytes of UTF-8, the extension included; a file system takes 255

# Extensions that claim a type: taken off where the bytes are another one. What looks like an extension and is none of
# these, as in "Meeting 24.11", stays.
_RUNS = (
    "app apk appimage bash bat bin cmd com command cpl csh deb desktop dll dmg docm exe gadget hta htaccess inf iso "
    "jar js jse jsp ksh lnk mjs msc msi msp pif ps1 psm1 pyc pyw reg rpm scf scr sct svgz swf sys url vb vbe vbs wasm "
    "webloc wsc wsf wsh xlam xlsm xht pptm asp aspx cgi php phtml"
)
_CLAIMS = {extension for extensions in EXTENSIONS.values() for extension in extensions} | set(_RUNS.split())

# Devices of Windows, in any folder and with any extension.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)
_JOINERS = "\u200c\u200d"  # Persian and emoji are written with them


def safe_name(name: str, content_type: str) -> str:
    """Of the last part of a path, without what steers a terminal or turns the reading direction, with an extension of
    this type; for a type without one that is known, ``bin``."""
    allowed = EXTENSIONS.get(content_type, ("bin",))
    stem = _visible(re.split(r"[/\\]", name)[-1])
    kept = extension_of(stem) if extension_of(stem) in allowed else ""
    if kept:
        stem = stem.rpartition(".")[0]
    while extension_of(stem) in _CLAIMS and not (kept and extension_of(stem) == "tar"):
        stem = stem.rpartition(".")[0]
    stem = stem.strip(". ")
    if not stem or _DEVICE.match(stem):
        stem = f"upload {stem}".strip()
    return _short(stem, kept or allowed[0])


def _visible(name: str) -> str:
    shown = (
        one if _is_shown(one) else " " if unicodedata.category(one) in ("Zl", "Zp") else "" for one in name
    )
    return re.sub(r'[<>:"|?*]', "_", "".join(shown)).strip()


def _is_shown(one: str) -> bool:
    return one in _JOINERS or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _short(stem: str, extension: str) -> str:
    room = LONGEST - len(extension) - 1
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip('. ')}.{extension}"
