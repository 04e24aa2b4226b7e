"""Plays on a server with the `websockets` package: `peer.py http://127.0.0.1:2567 schemas/golden`.

Decodes nothing but the type of each message, and sends golden bytes: what is tested is that a
client which is not ours gets along with the server. Ends with 0 if all went well.
"""

import json
import struct
import sys
import urllib.request
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SERVER, GOLDEN = sys.argv[1], Path(sys.argv[2])
PATIENCE_S = 30
WELCOME, SNAPSHOT, PATCH, EVENT, RAW_EVENT, PONG = range(1, 7)

PING = (GOLDEN / "client-ping.bin").read_bytes()
LEAVE = (GOLDEN / "client-leave.bin").read_bytes()
INPUT = (GOLDEN / "client-input.bin").read_bytes()
MOVE = bytes.fromhex(json.loads((GOLDEN / "client-input.json").read_text())["payload"])


def body_type(message):
    """The first field of the root table of a FlatBuffer: which message it is."""
    (root,) = struct.unpack_from("<I", message, 0)
    (back,) = struct.unpack_from("<i", message, root)
    (field,) = struct.unpack_from("<H", message, root - back + 4)
    return message[root + field]


def input_of(payload):
    """The golden input with another payload, which is its last part."""
    head = INPUT[: INPUT.index(MOVE) - 4]
    padding = b"\0" * (-len(payload) % 4)
    return head + struct.pack("<I", len(payload)) + payload + padding


def say(text):
    """An input of the chat room as MessagePack: {"say": {"text": text}}."""
    text = text.encode()
    return input_of(b"\x81\xa3say\x81\xa4text\xdb" + struct.pack(">I", len(text)) + text)


def seat(room, options):
    body = json.dumps(options).encode()
    url = f"{SERVER}/matchmake/joinOrCreate/{room}"
    with urllib.request.urlopen(url, data=body, timeout=PATIENCE_S) as response:
        return json.load(response)


def open_path(path):
    url = SERVER.replace("http", "ws", 1) + path
    socket = connect(url, subprotocols=["downbeat.v1"], open_timeout=PATIENCE_S)
    assert socket.subprotocol == "downbeat.v1", socket.subprotocol
    return socket


def join(room, **options):
    found = seat(room, options)
    socket = open_path("/{processId}/{roomId}?sessionId={sessionId}".format(**found))
    assert next_type(socket) == WELCOME
    wait_for(socket, SNAPSHOT)
    return socket


def next_type(socket):
    message = socket.recv(timeout=PATIENCE_S)
    assert isinstance(message, bytes), "this wire has no text"
    return body_type(message)


def wait_for(socket, wanted):
    while next_type(socket) != wanted:
        pass


def close_code(socket):
    """Reads on until the server closes the connection."""
    try:
        while True:
            socket.recv(timeout=PATIENCE_S)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def arena_moves_and_answers():
    with join("arena") as socket:
        socket.send(INPUT)
        wait_for(socket, PATCH)
        socket.send(PING)
        wait_for(socket, PONG)


def fragments_make_one_message():
    with join("arena") as socket:
        socket.send([PING[at : at + 1] for at in range(len(PING))])
        wait_for(socket, PONG)
        socket.send([b"", PING, b""])
        wait_for(socket, PONG)


def pings_are_answered_between_fragments():
    with join("arena") as socket:
        answered = []

        def crumbs():
            for at in range(len(PING)):
                answered.append(socket.ping(bytes([at])))
                yield PING[at : at + 1]

        socket.send(crumbs())
        wait_for(socket, PONG)
        for pong in answered:
            assert pong.wait(PATIENCE_S), "a ping was not answered"
        assert len(answered) == len(PING)


def large_and_tiny_messages_pass():
    with join("chat", channel="python", name="ann") as ann:
        with join("chat", channel="python", name="bob") as bob:
            for text in ["x" * 60_000, "", "✋"]:
                ann.send(say(text))
                wait_for(ann, PATCH)
            for _ in range(2):
                wait_for(bob, PATCH)


def the_server_closes_with_its_codes():
    def check(message, code):
        with join("arena") as socket:
            socket.send(message)
            found = close_code(socket)
            assert found == code, f"{found} instead of {code}"

    check("text", 1003)
    check(b"no FlatBuffer", 4006)
    check(b"\0" * 65_537, 1009)
    check(LEAVE, 4000)
    with open_path("/0000000000000/0000000000000?sessionId=0000000000000") as socket:
        assert close_code(socket) == 4522


def the_server_answers_our_close():
    for code in [1000, 1001, 3000, 4999]:
        socket = join("arena")
        socket.close(code, "bye")
        assert socket.close_code == code, socket.close_code


for check in [
    arena_moves_and_answers,
    fragments_make_one_message,
    pings_are_answered_between_fragments,
    large_and_tiny_messages_pass,
    the_server_closes_with_its_codes,
    the_server_answers_our_close,
]:
    check()
    print(check.__name__, "ok", flush=True)
