"""django-redis' connections, which start the embedded server when the first one is wanted."""

from typing import Any

from django_redis.pool import ConnectionFactory

from project import services


class EmbeddedConnectionFactory(ConnectionFactory[Any, Any, Any]):
    def connect(self, url: str) -> Any:
        services.ensure()
        return super().connect(url)
