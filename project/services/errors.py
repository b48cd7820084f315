"""One error for everything that keeps the embedded servers from running."""

from django.core.management import CommandError


class ServicesError(CommandError):
    """The embedded servers cannot run; the text says why and what to do.

    A CommandError, so that `manage.py migrate` ends with this one line and not with a traceback.
    """

    @classmethod
    def no_wheel(cls, server: str, package: str, variable: str) -> "ServicesError":
        return cls(
            f"There is no {server} to start: the package {package} is not installed, or has no build for this"
            f" system (as Windows and Alpine), and none is on PATH. Install {server}, or set {variable}."
        )
