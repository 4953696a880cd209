"""The fleet view: a root of many hosts is told once, and so is what they share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.diagnosis.fleet import spreads
from escalade.model import Cite
from escalade.model import Confidence
from escalade.model import Finding
from escalade.model import HostState
from escalade.model import Kind
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Severity
from escalade.text import Text

OOM = Text("Redis is out of memory", "Redis n'a plus de mémoire")
DISK = Text("Disk {disk.mount} of {host} is full", "Le disque {disk.mount} de {host}")
LOST = Text("{host} cannot be reached: {host.cause}", "{host} est injoignable")
TITLES = {"redis.oom": OOM, "host.disk-full": DISK, "host.unreachable": LOST}


def root(symptom: str, host: str, service: str | None = None, **over: object):
    title = over.pop("title", TITLES.get(symptom, Text("It is bad", "C'est mal")))
    slots = {"host": host, "disk.mount": "/", "host.cause": "refused"}
    values = {
        "id": f"{symptom}@{host}/{service}",
        "symptom": symptom,
        "node": Node(host, "shop" if service else None, service),
        "severity": Severity.ERROR,
        "confidence": Confidence.PROVEN,
        "kind": Kind.INTRINSIC,
        "title": title.fill(slots),
        "why": (),
        "remedy": Remedy(None, None, (), None),
    }
    return Finding(**{**values, **over})


def up(count: int) -> list[HostState]:
    return [HostState(f"web{n}", reachable=True) for n in range(1, count + 1)]


def down(cause: str, details: dict[str, str]) -> list[HostState]:
    return [
        HostState(h, reachable=False, cause=cause, detail=d) for h, d in details.items()
    ]


def test_a_root_of_seven_of_forty_hosts_is_told_once():
    """The same symptom of the same service on seven hosts is one spread."""
    found = [root("redis.oom", f"web{n}", "redis") for n in range(1, 8)]
    (spread,) = spreads(up(40), found, TITLES)
    assert (len(spread.hosts), spread.of) == (7, 40)
    assert spread.title == OOM
    assert spread.service == "redis"
    assert spread.findings == tuple(each.id for each in found)
    assert spread.shared == ""


def test_a_root_of_one_host_is_no_spread():
    """What one host alone has stays with it, also in two of its stacks."""
    twice = root("redis.oom", "web1", "redis", id="2")
    assert spreads(up(40), [root("redis.oom", "web1", "redis"), twice], TITLES) == ()


def test_other_services_are_told_apart():
    """The same symptom of other services is another root."""
    found = [root("redis.oom", f"web{n}", f"cache{n % 2}") for n in range(1, 5)]
    assert [len(each.hosts) for each in spreads(up(9), found, TITLES)] == [2, 2]


def test_the_title_names_no_host():
    """Titles that differ by their host alone are one, and say `the host`."""
    found = [root("host.disk-full", f"web{n}") for n in (1, 2)]
    (spread,) = spreads(up(4), found, TITLES)
    assert spread.title.en == "Disk / of the host is full"
    assert spread.title.fr == "Le disque / de l'hôte"


def test_a_host_named_like_a_word_of_the_title():
    """A title that has no slot for the host is left as it is."""
    found = [root("redis.oom", h, "redis") for h in ("Redis", "memory")]
    assert spreads(up(4), found, TITLES)[0].title == OOM


def test_numbers_do_not_split():
    """Titles that differ by their numbers alone are one."""
    found = [
        root("x.y", f"web{n}", "a", title=Text(f"{n} restarts", f"{n} relances"))
        for n in range(1, 4)
    ]
    assert len(spreads(up(4), found, TITLES)) == 1


def test_consequences_and_notes_are_left_out():
    """Only roots count: neither what another finding explains, nor a note."""
    found = [
        root("redis.oom", "web1", "redis", caused_by="x"),
        root("redis.oom", "web2", "redis", severity=Severity.INFO),
        root("redis.oom", "web3", "redis"),
    ]
    assert spreads(up(4), found, TITLES) == ()


def test_hosts_behind_one_gateway_have_one_cause():
    """Hosts that one jump host keeps us from are one, and it is named."""
    said = {
        "a": "a: its gateway jump (10.0.0.1:22): nothing listens",
        "b": "b: its gateway jump (10.0.0.1:22): no answer in time",
        "c": "c: its gateway other (10.0.0.9:22): no answer in time",
        "d": "d: its gateway other (10.0.0.9:22): no answer in time",
    }
    states = down("gateway", said)
    found = [root("host.unreachable", host) for host in said]
    one, two = spreads(states, found, TITLES)
    assert (one.shared, one.hosts) == ("gateway", ("a", "b"))
    assert "jump host jump" in one.because.en
    assert "rebond SSH other" in two.because.fr


@pytest.mark.parametrize(
    ("cause", "shared", "words"),
    [("name", "dns", "name server"), ("route", "network", "this machine")],
)
def test_unreachable_for_one_reason(cause, shared, words):
    """Names that do not resolve, and routes that lead nowhere, point to one thing."""
    states = down(cause, {"a": "", "b": ""})
    (spread,) = spreads(states, [root("host.unreachable", h) for h in "ab"], TITLES)
    assert spread.shared == shared
    assert words in spread.because.en


def test_unreachable_for_different_reasons():
    """Refused and silent hosts are two groups without a common cause."""
    states = [
        *down("refused", {"a": "", "b": ""}),
        *down("timeout", {"c": "", "d": ""}),
    ]
    found = [root("host.unreachable", h) for h in "abcd"]
    assert [(s.hosts, s.shared) for s in spreads(states, found, TITLES)] == [
        (("a", "b"), ""),
        (("c", "d"), ""),
    ]


def test_dns_trouble_of_several_services_is_one():
    """What points to DNS is told once, whatever the services."""
    found = [root("generic.dns-broken", f"web{n}", f"s{n}") for n in range(1, 4)]
    (spread,) = spreads(up(9), found, TITLES)
    assert (spread.shared, spread.service) == ("dns", None)


def test_a_registry_that_refuses():
    """Images that cannot be pulled on several hosts point to the registry."""
    cite = Cite("container", "x", 0.0, "pull access denied for shop/api")
    found = [root("generic.cannot-start", f"web{n}", "api", why=(cite,)) for n in "12"]
    assert spreads(up(9), found, TITLES)[0].shared == "registry"


def test_clocks():
    """Some clocks off: their time server; all of them off: perhaps our own clock."""
    found = [root("host.clock-offset", f"web{n}", standing=True) for n in (1, 2, 3)]
    assert "time server" in spreads(up(9), found, TITLES)[0].because.en
    assert "this machine" in spreads(up(3), found, TITLES)[0].because.en


def test_the_worst_and_widest_comes_first():
    """Severity decides, then how many hosts."""
    found = [
        *(root("a.small", f"web{n}", "x") for n in (1, 2)),
        *(root("a.wide", f"web{n}", "x") for n in (1, 2, 3)),
        *(root("a.bad", f"web{n}", "x", severity=Severity.CRITICAL) for n in (1, 2)),
    ]
    told = [each.symptom for each in spreads(up(9), found, TITLES)]
    assert told == ["a.bad", "a.wide", "a.small"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["redis.oom", "host.disk-full", "generic.dns-broken"]),
            st.sampled_from([f"web{n}" for n in range(1, 6)]),
            st.sampled_from(["redis", "api"]),
        ),
        unique=True,
    )
)
def test_no_root_is_told_twice(places):
    """Every root is in at most one spread, and each spread has two hosts or more."""
    found = [root(*each) for each in places]
    made = spreads(up(5), found, TITLES)
    ids = [one for spread in made for one in spread.findings]
    assert len(ids) == len(set(ids))
    assert all(len(spread.hosts) >= 2 for spread in made)
