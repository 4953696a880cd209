"""Wrong ports and names that nobody bears: who is at fault, and what is told of it."""

from __future__ import annotations

from functools import cache

import pytest

from escalade import paths
from escalade.evidence.catalog import probes
from escalade.model import Run
from escalade.remedy.catalog import steps
from escalade.run import judge
from escalade.runbooks import load
from escalade.runbooks.trial import cases

HOST = "Cannot connect to host {} ssl:default [Connect call failed ('172.18.0.5', 1)]"
AGENT = """
services:
  vosk-stt: {{}}
  livekit-server: {{}}
  multi-agent:
    container: {{depends: ["livekit-server:service_started"]}}
    env: {{variable: LIVEKIT_URL, present: true, host: {host}, port: {port}}}
    log:
      - {{text: "{line}", after: 2s}}
      - {{text: "registered worker", after: 12s}}
      - {{text: "{line}", ago: 5s}}
expect: {{service: multi-agent, remedy: handoff}}
"""


@cache
def book():
    """Return the shipped runbooks."""
    return load([paths.runbooks()], probes(), steps)


def judged(case):
    """Return the findings of a case by their symptoms."""
    assert not case.problems
    told = judge(case.snapshot, book(), Run("test", case.snapshot.recorded, 0.0))
    return {f.symptom: f for f in told.findings}


def written(folder, text):
    """Return the findings of a case that is written down here."""
    (folder / "x.y.yaml").write_text(text)
    return judged(next(cases([folder], probes())))


def shipped(name):
    """Return the findings of a shipped case, named after its file."""
    found = (c for c in cases([paths.trials()], probes()) if f"/{name}." in c.file)
    return judged(next(found))


@pytest.mark.parametrize(
    ("host", "port", "line", "held"),
    [
        ("livekit-server", 7880, HOST.format("livekit-server:7880"), True),
        ("livekit-server", 7880, HOST.format("livekit-server:7881"), False),
        ("livekit-server", 7880, HOST.format("vosk-stt:2701"), False),
        ("livekit-server", 7880, "Connection timeout to host http://llm:1/v1", False),
        # LiveKit may live elsewhere, and its URL may name no port.
        ("lk.example.org", "null", HOST.format("lk.example.org:443"), True),
        ("lk.example.org", "null", HOST.format("livekit-server:7880"), False),
    ],
)
def test_only_livekits_own_place_is_a_lost_livekit(tmp_path, host, port, line, held):
    """The same words of another host are no trouble with LiveKit, now or at the start."""
    found = written(tmp_path, AGENT.format(host=host, port=port, line=line))
    symptoms = {"agent.not-connected", "agent.lost-livekit-at-start"}
    assert symptoms & set(found) == (symptoms if held else set())


def test_a_wrong_port_names_variable_and_ports():
    """It explains the calls that fail, and LiveKit is not spoken of."""
    found = shipped("generic.wrong-port")
    root = found["generic.wrong-port"]
    assert root.title.en == (
        "VOSK_URL of multi-agent names port 2701; vosk-stt listens on 2700"
    )
    assert "VOSK_URL" in root.remedy.advice.en
    assert {s for s, f in found.items() if f.caused_by == root.id} == {
        "agent.job-needs",
        "generic.cannot-reach",
    }
    assert "agent.not-connected" not in found
    assert "agent.lost-livekit-at-start" not in found


def test_a_service_that_left_its_port_is_at_fault():
    """Not those who ask where its definition says; both ports are told."""
    found = shipped("generic.listens-elsewhere")
    root = found["generic.listens-elsewhere"]
    assert root.title.en == "livekit-server listens on 7999, but is asked for on 7880"
    assert found["agent.not-connected"].caused_by == root.id
    assert "generic.wrong-port" not in found


@pytest.mark.parametrize("case", ["missing-named", "not-created"])
def test_a_declared_service_is_no_unknown_host(case):
    """Nobody is told to correct a name that the Compose files know."""
    assert "generic.name-unknown" not in shipped(f"generic.{case}")


def test_a_host_of_nobody_is_unknown(tmp_path):
    """The Compose files know it no better."""
    text = """
stack: {compose: [{service: web}, {service: db, aliases: ["default:base"]}]}
services:
  web: {reach: {variable: U, name: NAME, port: 1, outcome: dns, self: false}}
  db: {}
expect: {service: web, remedy: handoff}
"""
    assert "generic.name-unknown" in written(tmp_path, text)
    # An alias that its files give and no network has is not the asker's resolver.
    found = written(tmp_path, text.replace("NAME", "base"))
    assert "generic.name-unknown" not in found
    assert "generic.dns-broken" not in found
    assert [n.service for n in found["generic.name-unresolved"].blames] == ["db"]


def test_the_title_shows_the_end_of_the_engines_chain():
    """The advice is about the limit, not about the command."""
    found = shipped("generic.cannot-start-files")["generic.cannot-start"]
    assert found.title.en == "token-service cannot start: pipe2: too many open files"
    for text in (found.remedy.advice.en, found.remedy.advice.fr):
        assert "ulimits.nofile" in text
        assert "entrypoint" not in text


def test_several_names_are_told_in_one_sentence(tmp_path):
    """It reads well with one name and with many."""
    text = """
services:
  web:
    reach:
      - {variable: A, name: db, service: db, port: 1, outcome: dns, self: false}
      - {variable: B, name: mq, service: mq, port: 1, outcome: dns, self: false}
  db: {}
  mq: {}
expect: {service: web, remedy: handoff}
"""
    found = written(tmp_path, text)["generic.dns-broken"]
    assert found.title.en.endswith("of what shares a network with it: db, mq")
    assert (found.remedy.ladder, found.remedy.level) == ("recreate", 2)


def test_two_containers_of_one_host_have_one_clock():
    """The offset is inside the container: other clocks are spoken of last."""
    advice = shipped("token.not-yet-valid")["token.not-yet-valid"].remedy.advice
    assert "the offset is inside token-service" in advice.en
    assert "docker exec app-token-service-1 date -u" in advice.en
    assert "{" not in advice.en + advice.fr
