"""The filter by source."""

LIST = "/admin/aistore/conversation/"


def test_offers_what_there_is(many, read):
    """The sources of the conversations, and no others; none is no choice."""
    many(2, source="chatgpt")
    many(2, source="api")
    many(2)
    page = read(LIST)
    assert [address for text, address in page.links if "source=" in address] == [
        "?source=api",
        "?source=chatgpt",
    ]


def test_shows_those_of_one(many, read):
    """Only the conversations of the source."""
    many(2, source="chatgpt", title="from there")
    many(2, source="api", title="from here")
    page = read(LIST, data={"source": "api"})
    assert "from here" in page.text
    assert "from there" not in page.text


def test_any_other_name_is_an_empty_list(many, read):
    """A source that is none, or bytes that no source has."""
    many(2, source="api")
    for name in ("none", "\x00", "<script>", "x" * 10_000):
        assert "Nothing here." in read(LIST, data={"source": name}).text


def test_a_source_that_no_address_can_carry(many, read):
    """Half of an emoji is a choice as well, and finds its conversations."""
    many(1, source="\ud83d", title="cut off")
    many(1, source="api", title="whole")
    (query,) = [href for text, href in read(LIST).links if text.startswith("\ufffd")]
    text = read(LIST + query).text
    assert "cut off" in text
    assert "whole" not in text
