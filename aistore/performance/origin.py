"""Where a statement came from: the request or command, and the nearest line of the host's own code.

Found only for what was slow: nothing here costs the other statements anything.
"""

import os
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import django

OWN = (str(Path(__file__).resolve().parent.parent) + os.sep, str(Path(django.__file__).parent) + os.sep)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
MANAGERS = {"manage.py", "django-admin", "__main__.py"}

# The request that is being answered, set by aistore.middleware.
current_request: ContextVar[Any] = ContextVar("aistore_request", default=None)


def origin() -> str:
    """The route and not the path, the command and not its arguments: nothing in it is anybody's."""
    request = current_request.get()
    return program() if request is None else route_of(request)


def route_of(request: Any) -> str:
    """ "GET chats/<uuid:pk>/" ; the method is what a client wrote, and so are the paths that lead nowhere."""
    match = getattr(request, "resolver_match", None)
    method = request.method if request.method in METHODS else "(other method)"
    return f"{method} {'(no route)' if match is None else match.route or '/'}"


def program() -> str:
    """ "manage.py migrate", "gunicorn" """
    name = Path(sys.argv[0]).name if sys.argv else ""
    command = next((word for word in sys.argv[1:2] if name in MANAGERS and word.isidentifier()), "")
    return f"manage.py {command}" if command else name or "python"


def caller() -> str:
    """The nearest line outside of Django and aistore, as "chats/views.py:42"; "" where the thread has none."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(OWN) and not _is_library(file):
            return f"{_short(file)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def _is_library(file: str) -> bool:
    """Python's own, what pip has installed, and what is no file."""
    return file.startswith(("<", STDLIB)) or f"{os.sep}site-packages{os.sep}" in file


def _short(file: str) -> str:
    """From where it is imported: a path may name a person."""
    folders = [folder for folder in map(os.path.abspath, sys.path) if file.startswith(folder + os.sep)]
    return file[len(max(folders, key=len)) + 1 :] if folders else Path(file).name


STDLIB = str(Path(os.__file__).parent) + os.sep
