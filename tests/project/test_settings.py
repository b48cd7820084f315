"""The project's settings."""

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_the_servers_are_those_of_this_run():
    """Tests never meet the data of development."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",)
    assert cache.set("a", 1)


def test_the_cache_is_empty_before_each_test():
    """No test sees what another one has cached."""
    assert cache.get("a") is None
