"""The probes that speak to ports: `published`, `http` and `tcp`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.evidence.http import HTTP
from escalade.evidence.httptext import complete
from escalade.evidence.httptext import greeting
from escalade.evidence.httptext import request
from escalade.evidence.httptext import status_and_body
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Dial
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Target
from escalade.evidence.published import PUBLISHED
from escalade.evidence.tcp import TCP
from escalade.model import Address
from escalade.model import Status
from escalade.model import args_of

PLACE = Address("h", "s", "web", "web-1", "published")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def target(image: str = "nginx:1", **ports: list[dict[str, str]]) -> Target:
    """Return a container with published ports (`p80_tcp=[...]`)."""
    named = {k[1:].replace("_", "/"): v for k, v in ports.items()}
    inspect = {"Config": {"Image": image}, "NetworkSettings": {"Ports": named}}
    peer = Peer("web", "web-1", ("web",), ("172.18.0.2",), (80,), running=True)
    return Target(PLACE, inspect, (peer,))


def binding(port: str, ip: str = "0.0.0.0") -> dict[str, str]:
    """Return one binding as the Engine writes it."""
    return {"HostIp": ip, "HostPort": port}


def dials(found: Target) -> list[tuple[str, int]]:
    """Return where a container's published ports are dialled."""
    asked = PUBLISHED.questions(found, ())
    return [(d.host, d.port) for d in asked if isinstance(d, Dial)]


def test_each_published_port_is_one_door() -> None:
    """IPv4 and IPv6 bindings are one; UDP and unpublished ports are none."""
    found = target(
        p80_tcp=[binding("8080"), binding("8080", "::")],
        p443_tcp=[binding("8443", "192.0.2.1")],
        p53_udp=[binding("53")],
        p81_tcp=[],
    )
    found.inspect["NetworkSettings"]["Ports"]["82/tcp"] = None
    assert dials(found) == [("127.0.0.1", 8080), ("192.0.2.1", 8443)]


def test_a_container_that_publishes_nothing() -> None:
    """Nothing is asked, and that is all there is."""
    assert PUBLISHED.questions(target(), ()) == ()
    parsed = PUBLISHED.parse(target(), (), ())
    assert (parsed.readings, parsed.complete) == ((), True)


def test_what_ports_said() -> None:
    """One record a port: how the conversation ended, status and text."""
    found = target(p80_tcp=[binding("8080")], p81_tcp=[binding("8081")])
    answers = (
        Answer(Status.OK, OK, outcome="ok", took_s=0.01),
        Answer(Status.OK, outcome="reset"),
    )
    one, two = PUBLISHED.parse(found, (), answers).readings
    assert (one["port"], one["host_port"], one["status"], one["body"]) == (
        80, 8080, 200, "OK",
    )  # fmt: skip
    assert (two["outcome"], two["status"]) == ("reset", None)
    assert set(one) == set(PUBLISHED.readings)


def test_a_port_that_could_not_be_asked_hides_no_other() -> None:
    """What is known is kept; the rest is said to be missing."""
    found = target(p80_tcp=[binding("8080")], p81_tcp=[binding("8081")])
    late = Answer(Status.TIMEOUT, reason="late")
    answers = (late, Answer(Status.OK, OK, outcome="ok"))
    parsed = PUBLISHED.parse(found, (), answers)
    assert (parsed.status, parsed.complete, parsed.reason) == (
        Status.PARTIAL,
        False,
        "late",
    )
    assert [r["port"] for r in parsed.readings] == [81]
    assert PUBLISHED.parse(found, (), (late, late)).status is Status.TIMEOUT


@pytest.mark.parametrize(
    ("image", "port", "said"),
    [
        ("redis:7", 6379, b"PING\r\n"),
        ("registry.example/valkey/valkey:8", 7000, b"PING\r\n"),
        ("postgres:16", 5432, b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
        ("mariadb", 3306, b""),
        ("nginx", 80, None),
        ("own/redis-commander", 8081, b"PING\r\n"),
    ],
)
def test_greetings(image: str, port: int, said: bytes | None) -> None:
    """A GET in Redis's log is an attack: those that speak otherwise are greeted so."""
    assert greeting(image, port) == said


def test_http_asks_the_containers_own_address() -> None:
    """The path is quoted: nothing in it becomes a second line."""
    args = args_of({"port": 8080, "path": "/a b\r\nX: y?q=1"})
    (dial,) = HTTP.questions(target(), args)
    assert isinstance(dial, Dial)
    assert (dial.host, dial.port) == ("172.18.0.2", 8080)
    assert dial.send.startswith(
        b"GET /a%20b%0D%0AX:%20y?q=1 HTTP/1.1\r\nHost: 172.18.0.2:8080\r\n"
    )
    (record,) = HTTP.parse(
        target(), args, (Answer(Status.OK, OK, outcome="ok"),)
    ).readings
    assert (record["status"], record["body"], record["outcome"]) == (200, "OK", "ok")


def test_a_container_on_no_network_is_unreachable() -> None:
    """It has no address to ask: that is an answer, not a gap."""
    lonely = Target(PLACE, {})
    for probe in (HTTP, TCP):
        assert probe.questions(lonely, args_of({"port": 80})) == ()
        (record,) = probe.parse(lonely, (), ()).readings
        assert record["outcome"] == "unreachable"


@pytest.mark.parametrize(
    ("outcome", "reading"),
    [
        ("silent", "ok"),
        ("closed", "ok"),
        ("refused", "refused"),
        ("timeout", "timeout"),
    ],
)
def test_tcp(outcome: str, reading: str) -> None:
    """Connected is all that is asked; nothing is read."""
    args = args_of({"port": 80})
    (dial,) = TCP.questions(target(), args)
    assert isinstance(dial, Dial)
    assert dial.limit == 0
    (record,) = TCP.parse(
        target(), args, (Answer(Status.OK, outcome=outcome),)
    ).readings
    assert record["outcome"] == reading


@pytest.mark.parametrize("probe", [HTTP, TCP])
def test_a_question_that_was_not_answered(probe: Any) -> None:
    """A way that is closed to us is a gap."""
    parsed = probe.parse(target(), (), (Answer(Status.DENIED, reason="no"),))
    assert (parsed.status, parsed.reason) == (Status.DENIED, "no")


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"H", False),
        (b"HTTP/1.1 200 OK\r\n", False),
        (OK, True),
        (OK[:-1], False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n", False),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            True,
        ),
        (b"+PONG\r\n", True),
        (b"\x15\x03\x01", True),
    ],
)
def test_complete(data: bytes, *, whole: bool) -> None:
    """An answer is all there by its own account; what is no HTTP at its first bytes."""
    assert complete(data) is whole


@pytest.mark.parametrize(
    ("data", "status", "text"),
    [
        (OK, 200, "OK"),
        (b"HTTP/1.0 406 Not Acceptable\r\n\r\nNot Ready\nNode", 406, "Not Ready\nNode"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            200,
            "abcde",
        ),
        (
            b"-NOAUTH Authentication required.\r\n",
            None,
            "-NOAUTH Authentication required.",
        ),
        (b"HTTP/2 200\r\n\r\n", None, "HTTP/2 200"),
        (b"\x1b[31m\xff\x00", None, "\ufffd"),
        (b"", None, ""),
    ],
)
def test_status_and_body(data: bytes, status: int | None, text: str) -> None:
    """Status and text; whatever is no HTTP is text alone."""
    assert status_and_body(data) == (status, text)


@given(st.binary(max_size=200))
def test_any_answer_is_read(data: bytes) -> None:
    """Whatever a port says, nothing falls."""
    for body in (data, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data):
        status, text = status_and_body(body)
        assert status is None or 100 <= status <= 999
        assert "\x00" not in text
        complete(body)


def test_an_ipv6_host_is_bracketed() -> None:
    """The Host header names an IPv6 address as URLs do."""
    assert b"Host: [::1]:80\r\n" in request("::1", 80)
