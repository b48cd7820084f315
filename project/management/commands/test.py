"""Django's `test`, without its parser: it would refuse the options of pytest."""

from django.conf import settings
from django.core.management.commands import test
from django.test.utils import get_runner

HELP = """Run the tests with pytest, on servers of their own.

What follows goes to pytest; Django's --keepdb, --failfast, --parallel and the like are understood, too.
  test tests/project          one folder
  test -k backup -x           the tests of that name, up to the first failure
  test --lf                   those that failed the last time
All options: python -m pytest --help
"""


class Command(test.Command):
    def run_from_argv(self, argv: list[str]) -> None:
        if "--help" in argv or "-h" in argv:
            self.print_help(argv[0], argv[1])
        else:
            get_runner(settings)().run_tests(argv[2:])

    def print_help(self, prog_name: str, subcommand: str) -> None:
        self.stdout.write(f"usage: {prog_name} {subcommand} [options of pytest]\n\n{HELP}")
