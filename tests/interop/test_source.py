"""What an export may come in, and what is said when it cannot be opened."""

import io
import json

import pytest

from aistore.exceptions import UnreadableFile
from aistore.interop.source import sources
from tests.interop.files import gzipped, lines, several, zipped

TEXT = lines(*several(3))


def content(path_or_file):
    """By the last part of each name."""
    return {source.name.rpartition("/")[2]: b"".join(source.chunks) for source in sources(path_or_file)}


def refused(path_or_file):
    with pytest.raises(UnreadableFile) as caught:
        content(path_or_file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def file(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def test_bare(file):
    assert content(file("mine.jsonl", TEXT)) == {"mine.jsonl": TEXT}


def test_path_as_text(file):
    assert content(str(file("mine.jsonl", TEXT))) == {"mine.jsonl": TEXT}


def test_gzip_is_known_by_its_first_bytes(file):
    assert content(file("mine", gzipped(TEXT))) == {"mine": TEXT}


def test_open_file():
    assert content(io.BytesIO(TEXT)) == {"the file": TEXT}


def test_open_gzip():
    assert content(io.BytesIO(gzipped(TEXT))) == {"the file": TEXT}


def test_open_file_is_read_from_where_it_stands():
    file = io.BytesIO(b"skip" + TEXT)
    file.seek(4)
    assert content(file) == {"the file": TEXT}


def test_pipe():
    """A stream that cannot go back is read, too."""

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    assert content(io.BufferedReader(Pipe(TEXT))) == {"the file": TEXT}


def test_zip_of_chatgpt(file):
    """Only the conversations of all that is in there."""
    members = {"chat.html": "<html>", "user.json": "{}", "conversations.json": "[]", "a/b.png": b"\x89"}
    assert content(file("export.zip", zipped(members))) == {"conversations.json": b"[]"}


def test_zip_in_pieces_is_read_in_order_of_the_numbers(file):
    members = {f"conversations-{number:03}.json": f"[{number}]" for number in (10, 2, 0, 1)}
    found = content(file("export.zip", zipped(members)))
    assert list(found.values()) == [b"[0]", b"[1]", b"[2]", b"[10]"]


def test_pieces_without_leading_zeros_are_in_order_too(file):
    members = {f"conversations-{number}.json": f"[{number}]" for number in (10, 9)}
    assert list(content(file("export.zip", zipped(members))).values()) == [b"[9]", b"[10]"]


def test_zip_of_lines(file):
    assert content(file("export.zip", zipped({"a/mine.jsonl": TEXT}))) == {"mine.jsonl": TEXT}


def test_zip_with_gzip(file):
    assert content(file("export.zip", zipped({"mine.jsonl.gz": gzipped(TEXT)}))) == {"mine.jsonl.gz": TEXT}


def test_zip_made_on_a_mac(file):
    """Its shadow files are no exports."""
    members = {"__MACOSX/._mine.jsonl": "x", "mine.jsonl": TEXT}
    assert content(file("export.zip", zipped(members))) == {"mine.jsonl": TEXT}


def test_names_that_lead_out_of_a_zip_lead_nowhere(file, tmp_path):
    """They are labels. Nothing is unpacked to the disk."""
    members = {"../../conversations-0.json": "[0]", "/conversations-1.json": "[1]"}
    found = content(file("export.zip", zipped(members)))
    assert list(found.values()) == [b"[0]", b"[1]"] or list(found.values()) == [b"[1]", b"[0]"]
    assert [path.name for path in tmp_path.iterdir()] == ["export.zip"]


def test_folder(file, tmp_path):
    file("conversations-1.json.gz", gzipped(b"[1]"))
    file("conversations-0.json", b"[0]")
    file("user.json", b"{}")
    assert list(content(tmp_path).values()) == [b"[0]", b"[1]"]


def test_folder_with_one_json_file(file, tmp_path):
    file("chat.json", b"{}")
    assert content(tmp_path) == {"chat.json": b"{}"}


def test_missing_file():
    assert refused("/nowhere/x.json") == (
        "/nowhere/x.json cannot be read: there is no such file. Check the path."
    )


def test_impossible_path():
    assert "null" in refused("a\0b")


def test_folder_without_export(file, tmp_path):
    file("notes.txt", b"")
    assert "it holds no conversations.json" in refused(tmp_path)


def test_empty_folder(tmp_path):
    assert "it holds no conversations.json" in refused(tmp_path)


def test_zip_without_export(file):
    assert "it holds no conversations.json" in refused(file("x.zip", zipped({"a.txt": "a"})))


def test_gzip_cut_off(file):
    assert "it is cut off" in refused(file("x.gz", gzipped(TEXT)[:-12]))


def test_all_before_the_cut_is_read(file):
    data = gzipped(json.dumps(several(20_000)).encode())
    opened = sources(io.BytesIO(data[: len(data) // 2]))
    assert next(next(opened).chunks)


def test_gzip_with_wrong_bytes(file):
    data = bytearray(gzipped(TEXT * 100))
    data[40:60] = bytes(20)
    assert "it is damaged" in refused(file("x.gz", bytes(data)))


def test_gzip_with_wrong_sum(file):
    data = bytearray(gzipped(TEXT))
    data[-8] ^= 1
    assert "it is damaged" in refused(file("x.gz", bytes(data)))


def test_zip_cut_off(file):
    assert "it is damaged" in refused(file("x.zip", zipped({"conversations.json": "[]"})[:-10]))


def test_zip_with_wrong_bytes(file):
    data = bytearray(zipped({"conversations.json": json.dumps(several(100))}))
    data[60:90] = bytes(30)
    assert "it is damaged" in refused(file("x.zip", bytes(data)))


def test_zip_with_a_password(file):
    data = bytearray(zipped({"conversations.json": "[]"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1  # the flag that says encrypted
    assert "password" in refused(file("x.zip", bytes(data)))


def test_file_opened_as_text():
    assert "Open it with mode 'rb'" in refused(io.StringIO("[]"))


def test_bomb(file, settings):
    """A small gzip that unpacks to more than is allowed: stopped while it unpacks."""
    settings.AISTORE = {"IMPORT_MAX_BYTES": 10_000_000}
    assert "larger than 10,000,000 bytes" in refused(file("x.gz", gzipped(bytes(50_000_000))))


def test_bomb_in_a_zip(file, settings):
    settings.AISTORE = {"IMPORT_MAX_BYTES": 10_000_000}
    assert "larger than" in refused(file("x.zip", zipped({"conversations.json": bytes(50_000_000)})))


def test_the_limit_is_for_all_files_of_an_export_together(file, settings):
    settings.AISTORE = {"IMPORT_MAX_BYTES": 1_500}
    members = {f"conversations-{number}.json": b" " * 1_000 for number in (1, 2)}
    assert "conversations-2.json" in refused(file("x.zip", zipped(members)))


@pytest.mark.parametrize("packed", [TEXT, gzipped(TEXT * 1_000), zipped({"mine.jsonl": TEXT * 1_000})])
def test_progress_counts_the_packed_bytes_up_to_their_sum(file, packed):
    seen = []
    for source in sources(file("x", packed), lambda done, total: seen.append((done, total))):
        list(source.chunks)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {len(packed)}
    assert seen[-1][0] <= len(packed)
