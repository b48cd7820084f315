from typing import Any

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def any_database(transactional_db: None, open_database: None) -> None:
    """Django's tests know the aliases beforehand, and the benchmark makes new ones."""


@pytest.fixture
def left() -> Any:
    """The databases and schemas of benchmarks that are there."""

    def left() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT datname::text FROM pg_database WHERE datname LIKE 'aistore_bench_%'"
                " UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'aistore_bench_%'"
            )
            return [name for (name,) in cursor.fetchall()]

    return left
