from aistore.management.table import table


def test_columns_are_as_wide_as_what_is_in_them():
    """And no line ends in spaces."""
    assert (
        table(("name", "size"), [("a", "10 MiB"), ("longer", "")]) == "name    size\na       10 MiB\nlonger"
    )
