"""Every path of real conversations, whole and cut, is one that both services take."""

import pytest

from aistore.interop import as_anthropic, as_openai
from aistore.interop.formats import FORMATS
from tests.interop import shared_data
from tests.interop.accepted import assert_anthropic_takes, assert_openai_takes, blocks_of

pytestmark = pytest.mark.skipif(not shared_data.is_there(), reason="../shared/data is not there")


def assert_both_take(id, path):
    try:
        assert_openai_takes(as_openai(path))
        assert_anthropic_takes(as_anthropic(path))
    except AssertionError as error:
        error.add_note(f"in {id}, {len(path)} messages")
        raise


def test_every_path():
    """5,317 conversations, each branch to its leaf."""
    conversations = set()
    for id, path in shared_data.paths():
        conversations.add(id)
        assert_both_take(id, path)
    assert len(conversations) == 5317


def test_every_path_with_calls_cut():
    """A window on a path may begin and end between a call and its result."""
    for number, (id, path) in enumerate(shared_data.paths()):
        if any(message.role == "tool" for message in path):
            cut = number % len(path)
            assert_both_take(id, path[cut:])
            assert_both_take(id, path[:cut])


@pytest.mark.parametrize("format", ["chatgpt", "claude", "openwebui"])
def test_every_path_of_exports(format):
    """The same conversations as three products export them."""
    if format not in FORMATS:
        pytest.skip(f"{format} is not read")
    file = shared_data.FOLDER / "exports" / f"{format}-conversations.json.gz"
    ids = set()
    for id, path in shared_data.paths_of_export(file):
        ids.add(id)
        assert_both_take(id, path)
    assert len(ids) == 408


def test_every_text_is_sent():
    """Nothing that somebody said is left out."""
    for id, path in shared_data.paths():
        said = [message for message in path if message.role in ("user", "assistant") and not message.parts]
        sent = [block.get("text", "") for message in as_anthropic(path) for block in blocks_of(message)]
        missing = {message.content.rstrip() for message in said} - {text.rstrip() for text in sent}
        assert missing <= {""}, id
