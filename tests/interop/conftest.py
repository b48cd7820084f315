import pytest
from django.contrib.auth import get_user_model


@pytest.fixture
def owner(db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def other_owner(db):
    return get_user_model().objects.create(username="binh")


@pytest.fixture
def connection(db):
    from django.db import connection

    return connection
