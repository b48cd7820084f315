"""One socket: what it says, what it survives, and how it is opened."""

import os
import signal
import socket
import threading
from typing import Any

import hiredis
import pytest

from aistore.cache import maintenance, stamps
from aistore.cache.wire import IDLE, SCRIPTS, TROUBLE, Refused, Wire
from aistore.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wire(valkey: Any) -> Wire:
    valkey.ping()  # the embedded server starts with the first connection
    return Wire("default", seconds=1.0)


def test_replies_come_in_the_order_of_the_commands(wire: Wire) -> None:
    commands = [("SET", "a", b"\0\xff"), ("GET", "a"), ("INCRBY", "n", 5), ("GET", "nothing")]
    assert wire.exchange(commands, seconds=1.0) == [b"OK", b"\0\xff", 5, None]


def test_one_command_that_fails_fails_alone(wire: Wire) -> None:
    _, error, value = wire.exchange([("SET", "a", 1), ("LPUSH", "a", 1), ("GET", "a")], seconds=1.0)
    assert isinstance(error, hiredis.ReplyError)
    assert value == b"1"


def test_scripts_that_were_forgotten_are_sent_in_full(wire: Wire, valkey: Any) -> None:
    """And once only: an account that may not load scripts does not make us try for ever."""
    valkey.script_flush()
    valkey.set("s", b"twelve bytes")
    commands = [("SET", "a", 1), stamps.advance("s", b"twelve bytes", b"other"), ("GET", "s")]
    assert wire.exchange(commands, seconds=1.0)[1] == 1
    assert valkey.get("s") == b"other"
    assert valkey.script_exists(*SCRIPTS)[list(SCRIPTS).index(stamps.ADVANCE.sha)]


def test_a_large_reply_comes_whole(wire: Wire) -> None:
    text = os.urandom(3_000_000)
    assert wire.exchange([("SET", "a", text), ("GET", "a")], seconds=2.0)[1] == text


def test_a_server_that_does_not_serve_is_trouble(wire: Wire, valkey: Any) -> None:
    valkey.config_set("min-replicas-to-write", 1)
    try:
        with pytest.raises(Refused, match="NOREPLICAS"):
            wire.exchange([("SET", "a", 1)], seconds=1.0)
    finally:
        valkey.config_set("min-replicas-to-write", 0)


def test_a_rested_socket_that_was_closed_is_noticed(wire: Wire, valkey: Any) -> None:
    [number] = wire.exchange([("CLIENT", "ID")], seconds=1.0)
    assert wire.is_alive()
    valkey.client_kill_filter(_id=number)
    wire._used_at -= IDLE
    assert not wire.is_alive()
    with pytest.raises(TROUBLE):
        wire.exchange([("GET", "a")], seconds=1.0)


def test_a_server_knows_which_start_of_it_this_is(wire: Wire) -> None:
    assert len(wire.server(seconds=1.0) or b"") == 40


class Interrupted(Exception):
    pass


def test_a_signal_between_question_and_answer_lets_nobody_read_another_ones_answer(
    conversation: Conversation, valkey: Any
) -> None:
    """As Celery's soft time limit does it: the exception leaves a socket whose reply is still to come."""
    other = Conversation.objects.create(owner=conversation.owner, title="another one")

    def interrupt(*_: Any) -> None:
        raise Interrupted

    for row in (conversation, other):
        Conversation.objects.cached.get(row.pk)
    maintenance.forget_kept()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        valkey.client_pause(100)  # milliseconds
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Interrupted):
            Conversation.objects.cached.get(conversation.pk)
    finally:
        signal.signal(signal.SIGALRM, before)
    valkey.ping()  # answered when the pause is over
    assert Conversation.objects.cached.get(other.pk).title == "another one"
    assert Message.objects.cached.last(conversation.pk)[0].conversation_id == conversation.pk


def test_drop_by_drop_is_late_too(wire: Wire) -> None:
    """Each byte comes in time, the whole does not."""
    ours, theirs = socket.socketpair()
    wire._socket = ours
    stop = threading.Event()

    def drip() -> None:
        theirs.sendall(b"$1000\r\n")
        while not stop.wait(0.02):
            theirs.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(OSError):  # noqa: PT011
            wire.exchange([("GET", "a")], seconds=0.1)
    finally:
        stop.set()
        thread.join()
        ours.close()
        theirs.close()
