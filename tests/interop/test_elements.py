"""JSON taken apart: every good element arrives, whatever stands beside it and wherever a chunk ends."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistore.exceptions import BadConversation, UnreadableFile
from aistore.interop.elements import elements
from aistore.interop.source import Source
from aistore.interop.text import Text
from tests.interop.files import lines, several

DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Elements are looked at as soon as there is anything of them."""
    monkeypatch.setattr(Text, "LEAST", 1)


def taken(text, *, size=None, name="file.json"):
    data = text if isinstance(text, bytes) else text.encode()
    size = size or max(1, len(data))
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    return list(elements(Source(name, chunks)))


def good(found):
    return [value for value in found if not isinstance(value, Exception)]


def errors(found):
    return [str(value) for value in found if isinstance(value, Exception)]


def test_list():
    assert taken('[{"a": 1}, {"b": [2]}]') == [{"a": 1}, {"b": [2]}]


def test_empty_list():
    assert taken(" [ ] ") == []


def test_one_object_over_many_lines():
    assert taken(json.dumps({"a": {"b": 1}}, indent=2)) == [{"a": {"b": 1}}]


def test_one_object_on_one_line():
    assert taken('{"a": 1}') == [{"a": 1}]


def test_lines():
    assert taken('{"a": 1}\n{"b": 2}\n') == [{"a": 1}, {"b": 2}]


def test_lines_without_the_last_end_with_windows_ends_and_empty_ones():
    assert taken('{"a": 1}\r\n\r\n{"b": 2}') == [{"a": 1}, {"b": 2}]


def test_objects_one_after_the_other():
    assert taken('{\n"a": 1}\n{"b":\n2}') == [{"a": 1}, {"b": 2}]


def test_byte_order_mark():
    assert taken(b'\xef\xbb\xbf[{"a": 1}]') == [{"a": 1}]


def test_a_mark_inside_a_text_is_text():
    assert taken('[{"a": "\ufeffx"}]') == [{"a": "\ufeffx"}]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 50])
def test_chunks_may_end_anywhere(size):
    """Between the bytes of a character, after a backslash, inside a number."""
    values = [{"é\\": 'a"\\"b', "n": [1.5, -20, True]}, {"😀": {"x": [[], {}]}}, {"[": "]"}]
    assert taken(json.dumps(values, ensure_ascii=False), size=size) == values
    assert taken(lines(*values), size=size) == values
    assert taken(json.dumps(values[0], indent=1, ensure_ascii=False), size=size) == values[:1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=4), st.integers(1, 40), st.booleans())
def test_any_list_in_any_chunks(values, size, ascii):
    assert taken(json.dumps(values, ensure_ascii=ascii).encode(errors="replace"), size=size) == json.loads(
        json.dumps(values, ensure_ascii=ascii).encode(errors="replace")
    )


@given(
    st.lists(st.text(alphabet='{}[]",:\\ \n1a' + string.whitespace, max_size=12), max_size=4),
    st.integers(1, 5),
)
def test_rubbish_never_loses_what_comes_before_it(rubbish, size):
    """And it always ends."""
    found = taken('[{"first": 1},' + ",".join(rubbish), size=size)
    assert found[0] == {"first": 1}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('{"a" 1}', "it is not valid JSON (Expecting ':' delimiter at character 5)"),
        ("{'a': 1}", "it is not valid JSON"),
        (DEEP, "it is nested too deep to be read"),
        ('{"a": ' + "9" * 5_000 + "}", "it cannot be decoded"),
        ("word", "it is not valid JSON"),
    ],
)
@pytest.mark.parametrize("size", [None, 1000])
def test_a_broken_element_costs_nothing_but_itself(broken, why, size):
    found = taken(f'[{{"a": 1}}, {broken}, {{"b": 2}}]', size=size)
    assert good(found) == [{"a": 1}, {"b": 2}]
    assert len(found) == 3
    assert errors(found)[0].startswith(f"Conversation number 2 of file.json was skipped: {why}")


@pytest.mark.parametrize("broken", ['{"a" 1}', DEEP, "word", '{"a": "b', '{"a": 1}}'])
def test_a_broken_line_costs_nothing_but_itself(broken):
    found = taken(f'{{"a": 1}}\n{broken}\n{{"b": 2}}\n', name="file.jsonl")
    assert good(found) == [{"a": 1}, {"b": 2}]
    assert errors(found)[0].startswith("Conversation in line 2 of file.jsonl was skipped: ")


def test_a_broken_first_line_of_a_file_called_jsonl():
    assert good(taken('{"a": \n{"b": 2}\n', name="file.jsonl")) == [{"b": 2}]


def test_words_between_elements():
    found = taken('[{"a": 1} and, {"b": 2},, 17, "x", null, {"c": 3}]')
    assert [value for value in good(found) if isinstance(value, dict)] == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_what_only_strict_decoders_refuse():
    """Lone surrogates, not-a-number, raw control characters: the text arrives as it is."""
    (value,) = taken('[{"a": "\\ud800", "b": NaN, "c": "x\ty", "d": "\\u0000", "e": 1e999}]')
    assert value["a"] == "\ud800"
    assert value["b"] != value["b"]
    assert (value["c"], value["d"], value["e"]) == ("x\ty", "\0", float("inf"))


def test_lone_surrogate_in_a_line():
    assert taken('{"a": "\\ud83d"}\n{"a": "\\ude00"}') == [{"a": "\ud83d"}, {"a": "\ude00"}]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_number_at_the_end_of_a_chunk(size):
    """It might go on, as an object does not."""
    assert taken('[123456, {"a": 1}]', size=size) == [123456, {"a": 1}]


def test_number_of_many_digits_is_exact():
    assert taken('[{"a": 123456789012345678901234567890}]') == [{"a": 123456789012345678901234567890}]


def test_bytes_that_are_not_utf8_cost_their_element():
    found = taken(b'[{"a": "\xc3\xa9"}, {"b": "\xff"}, {"c": "\xc3\xa9"}]')
    assert good(found) == [{"a": "é"}, {"c": "é"}]
    assert errors(found) == ["Conversation number 2 of file.json was skipped: it is not UTF-8 text."]


def test_too_large_an_element_is_passed_over(settings):
    settings.AISTORE = {"IMPORT_MAX_CONVERSATION_BYTES": 1_000}
    large = {"a": ["x]" * 50] * 100}
    for text in (json.dumps([{"a": 1}, large, {"b": 2}]), lines({"a": 1}, large, {"b": 2}).decode()):
        found = taken(text, size=100)
        assert good(found) == [{"a": 1}, {"b": 2}]
        assert "larger than 1,000 bytes (AISTORE['IMPORT_MAX_CONVERSATION_BYTES'])" in errors(found)[0]


@pytest.mark.parametrize("end", ["", ",", ', {"c"', ', {"c": "x', ", {"])
def test_list_cut_off(end):
    """What came before is read; the error comes last."""
    found = taken('[{"a": 1}, {"b": 2}' + end)
    assert good(found) == [{"a": 1}, {"b": 2}]
    assert isinstance(found[-1], UnreadableFile)
    assert "its JSON breaks off in conversation number 3 of file.json" in str(found[-1])


def test_lines_cut_off():
    found = taken('{"a": 1}\n{"b":', name="file.jsonl")
    assert good(found) == [{"a": 1}]
    assert isinstance(found[-1], BadConversation)


def test_stream_that_breaks_off_in_the_middle():
    """Whole elements of the last chunk are not lost with it."""

    def broken_off(*chunks):
        yield from chunks
        raise UnreadableFile(path="x", why="it is cut off", remedy="Copy it again.")

    for chunks in [[b'[{"a": 1}, {"b": 2}, {"c'], [b'[{"a": 1}, {          "b":', b'2}, {"c']]:
        *found, error = elements(Source("x", broken_off(*chunks)))
        assert found == [{"a": 1}, {"b": 2}]
        assert "it is cut off" in str(error)


@pytest.mark.parametrize(
    ("text", "why"), [("", "it is empty"), (" \n ", "it is empty"), ("hello", "no JSON")]
)
def test_no_json_at_all(text, why):
    (error,) = taken(text)
    assert why in str(error)


def test_utf16():
    (error,) = taken("[{}]".encode("utf-16"))
    assert "UTF-16" in str(error)


def test_empty_file_called_jsonl():
    (error,) = taken("", name="x.jsonl")
    assert "it is empty" in str(error)


def test_long_conversations_take_linear_time():
    """One element of 8 MB in small chunks: each byte is looked at a few times, not once for each chunk."""
    (value,) = taken(json.dumps([{"a": ["\\x" * 500_000, ["y"] * 500_000]}]), size=10_000)
    assert len(value["a"][0]) == 1_000_000


def test_many_conversations():
    assert len(taken(json.dumps(several(5_000)), size=1_000)) == 5_000
