"""Django's PostgreSQL backend, which starts the embedded server when the first connection is wanted.

The first need, not the start of manage.py: `--help` and `check` start nothing.
"""

from typing import Any

from django.db.backends.postgresql import base, client

from project import services
from project.services import binaries


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell` with the psql that came with the server."""

    def runshell(self, parameters: Any) -> None:
        services.ensure()
        super().runshell(parameters)

    @classmethod
    def settings_to_cmd_args_env(cls, settings_dict: Any, parameters: Any) -> Any:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        return [binaries.tool("psql"), *arguments[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_new_connection(self, conn_params: Any) -> Any:
        services.ensure()
        return super().get_new_connection(conn_params)
