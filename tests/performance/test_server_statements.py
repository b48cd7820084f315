import pytest
from django.db import connection

from aistore.performance.probe import Unseen, probe
from aistore.performance.server_statements import server_statements

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "marker-7f3a"


@pytest.fixture
def extension():
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA elsewhere; CREATE EXTENSION pg_stat_statements SCHEMA elsewhere")
        try:
            yield cursor
        finally:
            cursor.execute("DROP SCHEMA elsewhere CASCADE")


def test_not_installed():
    """It is said, with what to do."""
    with probe("default") as asked, pytest.raises(Unseen, match="shared_preload_libraries"):
        server_statements(asked)


def test_by_shape(extension):
    """Wherever the extension lies; without values."""
    extension.execute("SELECT elsewhere.pg_stat_statements_reset()")
    for number in range(3):
        extension.execute("SELECT %s, 'counted-here'", [number])
    with probe("default") as asked:
        found = server_statements(asked)
    assert 3 in {one.calls for one in found if one.shape == "SELECT ?, …"}
    assert all("counted-here" not in one.shape for one in found)


def test_no_statement_that_may_carry_a_password(extension):
    """PostgreSQL keeps those as they were written."""
    extension.execute(f"CREATE ROLE limited LOGIN PASSWORD '{SECRET}'")
    extension.execute(f"SET application_name = '{SECRET}'; RESET application_name; DROP ROLE limited")
    with probe("default") as asked:
        found = server_statements(asked)
    assert SECRET not in repr(found)
    assert {one.shape.split()[0].lower() for one in found} <= set(
        "select insert update delete merge with copy values".split()
    )


def test_without_the_right(extension):
    """The statements of others are hidden from a plain user; that is said, with what to do."""
    extension.execute("CREATE ROLE limited")
    extension.execute("GRANT USAGE ON SCHEMA elsewhere TO limited")
    try:
        with probe("default") as asked:
            asked._connection.execute("SET ROLE limited")
            with pytest.raises(Unseen, match="pg_read_all_stats"):
                server_statements(asked)
    finally:
        extension.execute("DROP OWNED BY limited; DROP ROLE limited")
