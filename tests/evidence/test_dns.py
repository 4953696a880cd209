"""The `dns` probe: a view of the names in what `reach` saw."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from escalade.evidence.dns import DNS
from escalade.evidence.probe import View
from escalade.evidence.reach import REACH
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import case


class _Seen:
    """A snapshot that holds some evidence of `reach`."""

    now = 0.0

    def __init__(self, *pieces: Evidence) -> None:
        self._pieces = pieces

    def of(self, probe: str, **_place: Any) -> Sequence[Evidence]:
        """Return the pieces, whatever the place."""
        assert probe == "reach"
        return self._pieces

    def role(self, host: str, stack: str, role: str) -> tuple[str, ...]:
        """Return nobody."""
        del host, stack, role
        return ()


def _view(*pieces: Evidence) -> View:
    assert DNS.view
    place = Address("host", "scratch-b", "duo", "scratch-b-duo", "dns")
    return DNS.view(_Seen(*pieces), place, ())


def _seen(name: str) -> View:
    recorded = case("reach", name)
    parsed = recorded.parse(REACH)
    place = recorded.target.address
    return _view(
        Evidence(place, parsed.status, parsed.readings, complete=parsed.complete)
    )


def test_names_of_peers_and_where_they_led() -> None:
    """Each name once, addresses and the container itself left out."""
    found = {r["name"]: r for r in _seen("many").readings}
    assert set(found) == {"web", "redis", "tenletters", "wbe", "loop", "raw"}
    expect = {"name": "web", "service": "web", "resolved": True, "correct": True}
    assert found["web"] == {**expect, "ip": "172.21.0.2"}


def test_a_stopped_peer_does_not_resolve() -> None:
    """Its name is gone; the others' stay."""
    found = {r["name"]: r["resolved"] for r in _seen("peer-stopped").readings}
    assert found == {"web": True, "redis": False}


def test_a_name_that_leads_elsewhere_is_not_correct() -> None:
    """An address of nobody who bears the name."""
    recorded = case("reach", "healthy")
    text = recorded.answers[0].body.replace(b"172.21.0.2", b"172.21.0.99")
    answer = type(recorded.answers[0])(Status.OK, text)
    parsed = REACH.parse(recorded.target, (), [answer])
    view = _view(Evidence(recorded.target.address, parsed.status, parsed.readings))
    found = {r["name"]: r["correct"] for r in view.readings}
    assert found == {"web": False, "redis": True}


def test_what_was_not_seen_is_unknown() -> None:
    """No evidence, or a question that failed, is never a healthy name server."""
    place = case("reach", "healthy").target.address
    assert _view().unknown == "not asked"
    assert _view(Evidence(place, Status.DENIED, reason="no")).unknown == "no"
    assert not _seen("cut").complete
    assert [r["resolved"] for r in _seen("no-name-server").readings] == [None]
