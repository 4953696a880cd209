"""The Engine API against an Engine that behaves, and against many that do not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.model import Host
from escalade.model import Status
from escalade.transport import engine_socket
from escalade.transport.engine_api import EngineApi
from escalade.transport.engine_api import Reply
from escalade.transport.http_wire import Wire
from escalade.transport.http_wire import body
from escalade.transport.http_wire import read_head
from escalade.transport.http_wire import request
from escalade.transport.local import LocalTransport
from escalade.transport.outputs import drain


@pytest.fixture
def api() -> Iterator[EngineApi]:
    """Return the API of the Engine that DOCKER_HOST names."""
    made = EngineApi(LocalTransport(Host("localhost")))
    yield made
    made.close()


# ---------------------------------------------------------------- an Engine that works


def test_a_reply_with_a_length(say: Any, api: EngineApi) -> None:
    """Code, body and JSON come back, and the connection serves the next request."""
    server = say.engine([say.reply(b'{"a": 1}'), say.reply(b"[]")])
    first = api.get("/one")
    assert (first.status, first.code, first.json()) == (Status.OK, 200, {"a": 1})
    assert api.get("/two?x=%2F").json() == []
    heads = [head.split(b"\r\n")[0] for head in server.requests[0]]
    assert heads == [b"GET /one HTTP/1.1", b"GET /two?x=%2F HTTP/1.1"]


def test_a_chunked_reply(say: Any, api: EngineApi) -> None:
    """Chunks are joined, and the connection is kept."""
    server = say.engine([say.chunked(b"ab", b"c" * 300, b"d"), say.reply(b"x")])
    assert api.get("/").body == b"ab" + b"c" * 300 + b"d"
    assert api.get("/").body == b"x"
    assert len(server.requests) == 1


def test_a_reply_that_ends_with_the_connection(say: Any, api: EngineApi) -> None:
    """Without a length the end is the end (an exec's output comes so)."""
    server = say.engine([[say.reply(b"until the end", length=False), say.CLOSE]])
    assert api.get("/").body == b"until the end"
    assert api.get("/").status is Status.OK
    assert len(server.requests) == 2


def test_replies_without_content(say: Any, api: EngineApi) -> None:
    """204 and 304 (already so) are successes."""
    say.engine([b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Same\r\n\r\n"])
    assert api.post("/containers/x/start").code == 204
    assert api.post("/containers/x/start").status is Status.OK


def test_an_interim_reply_is_passed_over(say: Any, api: EngineApi) -> None:
    """100 Continue is not the answer."""
    say.engine([b"HTTP/1.1 100 Continue\r\n\r\n" + say.reply(b"1")])
    assert api.get("/").body == b"1"


def test_a_post_carries_json(say: Any, api: EngineApi) -> None:
    """The content has a length and a type."""
    server = say.engine([say.reply(b"{}", 201)])
    assert api.post("/x", b'{"Cmd": []}').code == 201
    sent = server.requests[0][0]
    assert b"POST /x HTTP/1.1\r\n" in sent
    assert b"Content-Length: 11\r\n" in sent
    assert sent.endswith(b'\r\n\r\n{"Cmd": []}')


def test_a_delete_is_sent_once(say: Any, api: EngineApi) -> None:
    """It carries no content, and a refusal comes back in the Engine's own words."""
    missing = say.reply(b'{"message": "No such volume: x"}', 404)
    server = say.engine([b"HTTP/1.1 204 No Content\r\n\r\n", missing])
    assert api.delete("/volumes/x?force=1").code == 204
    assert server.requests[0][0].startswith(b"DELETE /volumes/x?force=1 HTTP/1.1\r\n")
    gone = api.delete("/volumes/x")
    assert (gone.status, gone.reason) == (Status.VANISHED, "404: No such volume: x")


def test_a_delete_that_was_cut_off_is_not_repeated(say: Any, api: EngineApi) -> None:
    """Nobody knows whether it was done, so it is not sent on a new connection."""
    server = say.engine([say.reply(b"[]"), say.CLOSE])
    api.get("/")
    assert api.delete("/volumes/x").status is Status.ERROR
    assert len(server.requests) == 1


def test_chunks_come_as_they_are_sent(say: Any, api: EngineApi) -> None:
    """A stream yields before it has ended, and says how it ended."""
    say.engine([say.chunked(b"one", b"two")])
    stream = api.chunks("/logs")
    assert b"".join(stream) == b"onetwo"


def test_a_stream_that_is_closed_early_gives_its_channel_back(
    say: Any, api: EngineApi
) -> None:
    """The connection in mid-stream is dropped, and the API goes on."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
    server = say.engine([[head, say.SILENCE]], [say.reply(b"next")])
    stream = api.chunks("/logs")
    assert next(stream) == b"first"
    stream.close()
    assert api.get("/").body == b"next"
    assert len(server.requests) == 2


def test_more_than_the_limit_is_cut(say: Any, api: EngineApi) -> None:
    """The body is cut, which is said, and the rest is not read."""
    server = say.engine([say.chunked(b"x" * 100, b"y" * 100)], [say.reply(b"next")])
    cut = api.get("/", limit=150)
    assert (cut.status, cut.truncated, len(cut.body)) == (Status.PARTIAL, True, 150)
    assert api.get("/").body == b"next"
    assert len(server.requests) == 2


def test_at_most_eight_channels(say: Any, api: EngineApi) -> None:
    """Many threads share eight connections."""
    server = say.engine([say.reply(b"1")] * 100)
    with ThreadPoolExecutor(24) as pool:
        replies = list(pool.map(lambda _: api.get("/"), range(60)))
    assert {reply.body for reply in replies} == {b"1"}
    assert len(server.requests) <= 8


# ------------------------------------------------------------------- an Engine that says no


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (404, Status.VANISHED),
        (403, Status.DENIED),
        (401, Status.DENIED),
        (400, Status.ERROR),
        (409, Status.ERROR),
        (500, Status.ERROR),
        (503, Status.ERROR),
    ],
)
def test_a_refusal_has_the_engines_own_words(
    say: Any, api: EngineApi, code: int, status: Status
) -> None:
    """Each failing code has its status, and the message is the reason."""
    say.engine([say.reply(b'{"message": "the very\\nreason"}', code)])
    refused = api.get("/")
    assert (refused.status, refused.code) == (status, code)
    assert refused.reason == f"{code}: the very reason"
    assert refused.cause == ""


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b'{"message": ""}', b"\xff\n"])
def test_a_refusal_without_words_is_one_line(
    say: Any, api: EngineApi, said: bytes
) -> None:
    """A 500 with anything in it is an error, never a traceback."""
    say.engine([say.reply(said, 500)])
    refused = api.get("/")
    assert refused.status is Status.ERROR
    assert "\n" not in refused.reason


# ------------------------------------------------------------------ an Engine that is broken


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\r\n\r\n",
        b"\x00\x01\x02\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300,
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 40_000,
        b"y" * 40_000,
    ],
)
def test_garbage_is_an_error(say: Any, api: EngineApi, garbage: bytes) -> None:
    """What is not HTTP is said to be so, in one line."""
    say.engine([garbage])
    broken = api.get("/", timeout_s=5)
    assert (broken.status, broken.cause) == (Status.ERROR, "error")
    assert broken.reason
    assert "\n" not in broken.reason


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    ],
)
def test_a_reply_that_breaks_off_is_an_error(
    say: Any, api: EngineApi, part: bytes
) -> None:
    """An end in mid-answer is no success, whatever had come."""
    say.engine([[part, say.CLOSE]])
    broken = api.get("/")
    assert (broken.status, broken.cause) == (Status.ERROR, "error")
    assert broken.body in (b"", b"12345")


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345",
    ],
)
def test_silence_is_a_timeout(say: Any, api: EngineApi, part: bytes) -> None:
    """An Engine that says nothing, or nothing more, is left at the deadline."""
    say.engine([[part, say.SILENCE]])
    silent = api.get("/", timeout_s=0.2)
    assert (silent.status, silent.cause) == (Status.TIMEOUT, "timeout")


def test_a_stream_past_its_deadline_ends(say: Any, api: EngineApi) -> None:
    """What came is yielded, then the reply says that time was up."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
    say.engine([[head, say.SILENCE]])
    stream = api.chunks("/events", timeout_s=0.2)
    assert next(stream) == b"first"
    with pytest.raises(StopIteration) as ended:
        next(stream)
    assert isinstance(ended.value.value, Reply)
    assert ended.value.value.status is Status.TIMEOUT


def test_a_stale_channel_is_no_error_for_a_get(say: Any, api: EngineApi) -> None:
    """The Engine closed the kept connection: a question is put once more."""
    server = say.engine([say.reply(b"1"), say.CLOSE], [say.reply(b"2")])
    assert api.get("/a").body == b"1"
    assert api.get("/b").body == b"2"
    assert len(server.requests) == 2


def test_a_post_is_never_sent_twice(say: Any, api: EngineApi) -> None:
    """On a connection that ends, an order may have been carried out."""
    server = say.engine([say.reply(b"1"), say.CLOSE], [say.reply(b"2")])
    assert api.get("/a").body == b"1"
    assert api.post("/b").status is Status.ERROR
    assert len(server.requests) == 1


def test_a_get_is_put_again_only_once(say: Any, api: EngineApi) -> None:
    """An Engine that closes every connection is an error, not a loop."""
    server = say.engine([say.reply(b"1"), say.CLOSE], [say.CLOSE])
    assert api.get("/a").body == b"1"
    assert api.get("/b").status is Status.ERROR
    assert len(server.requests) == 2


def test_bytes_after_a_reply_end_the_channel(say: Any, api: EngineApi) -> None:
    """What nobody asked for must not become the next answer."""
    server = say.engine([say.reply(b"1") + say.reply(b"stray")], [say.reply(b"2")])
    assert api.get("/a").body == b"1"
    assert api.get("/b").body == b"2"
    assert len(server.requests) == 2


# ---------------------------------------------------------------------- no Engine at all


def test_a_socket_that_is_not_there(
    say: Any, api: EngineApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a docker program here, the Engine does not run; without, it is not there."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{say.path}")
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(engine_socket, "_MORE_PATH", str(say.path.parent))
    assert api.get("/").cause == "not-installed"
    program = say.path.with_name("docker")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    gone = api.get("/")
    assert (gone.status, gone.cause) == (Status.UNREACHABLE, "not-running")
    assert str(say.path) in gone.reason


def test_a_socket_that_nobody_listens_on(
    say: Any, api: EngineApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket left behind by a dead Engine: it does not run."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{say.path}")
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(say.path))
    left.close()
    assert api.get("/").cause == "not-running"


def test_an_engine_over_tcp(
    say: Any, api: EngineApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOCKER_HOST may be a port."""
    server = say.tcp([say.reply(b"tcp")])
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.port}")
    assert api.get("/").body == b"tcp"


@pytest.mark.parametrize("address", ["ssh://web1", "npipe:////./pipe/x", "nonsense"])
def test_an_address_that_cannot_be_used(
    api: EngineApi, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """It is named in the reason."""
    monkeypatch.setenv("DOCKER_HOST", address)
    refused = api.get("/")
    assert (refused.status, refused.cause) == (Status.UNREACHABLE, "error")
    assert address in refused.reason


def test_a_path_must_be_quoted() -> None:
    """A space or a line end in a path would be a second request."""
    for path in ("/a b", "/a\r\nHost: x", "/é", "containers"):
        with pytest.raises(ValueError, match="not a quoted path"):
            request("GET", path, b"", "")


# --------------------------------------------------------------------------- any cuts


class Pieces:
    """A channel that gives data in pieces of given sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.data = data
        self.sizes = sizes

    def send(self, data: bytes, timeout_s: float) -> None:
        pass

    def recv(self, size: int, timeout_s: float) -> bytes:
        size = self.sizes.pop() if self.sizes else size
        piece, self.data = self.data[:size], self.data[size:]
        return piece

    def close(self) -> None:
        pass


@given(
    st.lists(st.binary(min_size=1, max_size=30), max_size=10),
    st.lists(st.integers(1, 20), max_size=60),
)
def test_chunks_do_not_depend_on_cuts(parts: list[bytes], sizes: list[int]) -> None:
    """The same body comes out however the connection cut it, and nothing is left."""
    whole = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire = Wire(Pieces(head + whole + b"0\r\n\r\n", sizes))
    wire.start(b"", deadline=float("inf"))
    assert b"".join(body(wire, read_head(wire))) == b"".join(parts)
    assert wire.clean


# ---------------------------------------------------------------------- the real Engine


@pytest.mark.engine
def test_the_real_engine_answers(api: EngineApi) -> None:
    """Its version, a container that is not there, and a path that is none."""
    assert api.get("/version").json()["ApiVersion"]
    gone = api.get("/containers/no-such-container/json")
    assert gone.status is Status.VANISHED
    assert "no-such-container" in gone.reason
    assert api.get("/no/such/path").code == 404


@pytest.mark.engine
def test_the_real_engine_refuses_a_broken_order(api: EngineApi) -> None:
    """Its words are the reason."""
    refused = api.post("/containers/create", b"{")
    assert refused.status is Status.ERROR
    assert refused.code in (400, 500)
    assert refused.reason


@pytest.mark.engine
def test_the_real_engine_streams(api: EngineApi) -> None:
    """Events of the past minute are a chunked stream that ends by itself."""
    stream = api.chunks("/events?since=1&until=2", timeout_s=10)
    assert drain(stream, lambda _: None).status is Status.OK
