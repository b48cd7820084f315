"""What PgBouncer does and a client can see: it passes everything on, but for the process id, which it invents."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

INVENTED = 7
KEY_DATA = b"K"  # the message in which PostgreSQL says its process id and the secret for a cancel request


@contextmanager
def pooler_before(host: str, port: str) -> Iterator[int]:
    """Listens on the returned port of the loopback and passes on to this PostgreSQL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=[listening, host, port], daemon=True).start()
        yield listening.getsockname()[1]


def _serve(listening: socket.socket, host: str, port: str) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        upstream = _connected(host, port)
        threading.Thread(target=_pass_on, args=[client, upstream, bytes], daemon=True).start()
        threading.Thread(target=_pass_on, args=[upstream, client, _with_another_id], daemon=True).start()


def _connected(host: str, port: str) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect(f"{host}/.s.PGSQL.{port}")
    return upstream


def _pass_on(source: socket.socket, target: socket.socket, change) -> None:
    with source, target:
        while data := _received(source):
            try:
                target.sendall(change(data))
            except OSError:
                return


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _with_another_id(data: bytes) -> bytes:
    """The server sends the greeting in one piece, in which this message is the last but one."""
    at = data.find(KEY_DATA + struct.pack("!i", 12))
    return data if at < 0 else data[: at + 5] + struct.pack("!i", INVENTED) + data[at + 9 :]
