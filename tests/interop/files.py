"""Exports to read, packed in every way that they come in."""

import gzip
import io
import json
import zipfile

CONVERSATION = {"id": "c1", "messages": [{"role": "user", "content": "Hello"}]}


def lines(*conversations):
    return "".join(f"{json.dumps(conversation)}\n" for conversation in conversations).encode()


def several(count, **fields):
    return [{**CONVERSATION, "id": f"c{number}", **fields} for number in range(1, count + 1)]


def zipped(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def gzipped(content):
    return gzip.compress(content)
