"""One cause, one finding: what explains what, and what becomes a root."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.diagnosis.rank import rank
from escalade.model import Kind
from escalade.model import Severity
from tests.diagnosis.world import finding
from tests.diagnosis.world import graph
from tests.diagnosis.world import node

DEP, CON = Kind.DEPENDENCY, Kind.CONSEQUENCE


def nobody(_node, _accuser):
    return False


def roots(rows, net, served=nobody):
    ranked = rank(rows, net, served)
    return [f.id for f in ranked if f.caused_by is None]


def test_a_blamed_service_with_a_finding_is_the_root():
    """LiveKit that died for want of Redis is explained by the stopped Redis."""
    rows = [
        finding("livekit.redis-refused", "lk", kind=DEP, blames=("redis",)),
        finding("livekit.stopped", "lk", yields=True),
        finding("redis.stopped", "redis", yields=True),
    ]
    assert roots(rows, graph(lk=("redis",))) == ["redis.stopped@redis"]


def test_a_blamed_service_without_a_finding_is_suspected():
    """The blamed service becomes a root of its own and says that it is a guess."""
    rows = [finding("generic.cannot-reach", "web", kind=DEP, blames=("db",))]
    first = rank(rows, graph(web=("db",)), nobody)[0]
    assert (first.node, first.suspected) == (node("db"), True)
    assert first.explains == ("generic.cannot-reach@web",)


def test_a_service_that_serves_others_is_acquitted():
    """Who is the only one without an answer has the fault on its own side."""
    rows = [finding("generic.cannot-reach", "web", kind=DEP, blames=("db",))]
    assert roots(rows, graph(web=("db",)), lambda *_: True) == [
        "generic.cannot-reach@web"
    ]


def test_who_blames_several_is_where_the_fault_is():
    """A service that reaches none of its peers is cut off itself."""
    rows = [finding("generic.cannot-reach", "web", kind=DEP, blames=("db", "api"))]
    assert roots(rows, graph(web=("db", "api"))) == ["generic.cannot-reach@web"]


def test_an_own_fault_that_says_why_comes_before_blame():
    """A service that is on no network has no right to suspect its peers."""
    rows = [
        finding("generic.no-network", "web"),
        finding("generic.cannot-reach", "web", kind=DEP, blames=("db",)),
    ]
    assert roots(rows, graph(web=("db",))) == ["generic.no-network@web"]


def test_a_bare_state_yields_to_what_it_depends_on():
    """A worker that died after its database is a consequence."""
    rows = [
        finding("generic.died", "worker", yields=True, since=60.0),
        finding("generic.died", "db", yields=True, since=50.0),
    ]
    assert roots(rows, graph(worker=("db",))) == ["generic.died@db"]


def test_what_failed_long_before_is_not_explained():
    """A worker that died an hour before its database is a fault of its own."""
    rows = [
        finding("generic.died", "worker", yields=True, since=50.0),
        finding("generic.died", "db", yields=True, since=3650.0),
    ]
    assert len(roots(rows, graph(worker=("db",)))) == 2


def test_two_independent_faults_are_both_roots():
    """Faults without a path between them are told apart."""
    rows = [
        finding("generic.died", "a", yields=True),
        finding("generic.paused", "b"),
    ]
    assert len(roots(rows, graph(a=(), b=()))) == 2


def test_an_intrinsic_finding_is_never_explained_by_another_service():
    """What says why about itself stands, whatever else is broken."""
    rows = [
        finding("agent.module-missing", "agent"),
        finding("redis.stopped", "redis", yields=True),
    ]
    assert len(roots(rows, graph(agent=("redis",)))) == 2


def test_a_standing_weakness_explains_nothing():
    """A missing health check is no cause of an outage, and no effect of one."""
    rows = [
        finding("compose.no-healthcheck", "db", standing=True),
        finding("generic.cannot-reach", "web", kind=DEP, blames=("db",)),
    ]
    ranked = rank(rows, graph(web=("db",)), nobody)
    weak = next(f for f in ranked if f.symptom == "compose.no-healthcheck")
    assert (weak.caused_by, weak.explains) == (None, ())


def test_a_note_explains_nothing():
    """A finding of severity info takes no part."""
    rows = [
        finding("livekit.secret-short", "lk", severity=Severity.INFO),
        finding("agent.refused", "agent", kind=DEP, blames=("lk",)),
    ]
    first = rank(rows, graph(agent=("lk",)), nobody)[0]
    assert first.suspected


def test_a_consequence_without_a_cause_is_a_root():
    """An agent that gave up while its server is well again is what is left to cure."""
    rows = [finding("agent.gave-up", "agent", kind=CON, blames=("lk",))]
    assert roots(rows, graph(agent=("lk",))) == ["agent.gave-up@agent"]


def test_mutual_blame_has_one_root():
    """Two services that blame each other do not explain each other away."""
    rows = [
        finding("a.lost-b", "a", kind=DEP, blames=("b",)),
        finding("b.lost-a", "b", kind=DEP, blames=("a",)),
    ]
    assert len(roots(rows, graph(a=("b",), b=("a",)))) == 1


def test_a_full_disk_explains_what_died_on_its_host():
    """Every service depends on its host."""
    rows = [
        finding("host.disk-full", None, severity=Severity.CRITICAL),
        finding("generic.died", "db", yields=True),
        finding("generic.unhealthy", "web", yields=True),
    ]
    assert roots(rows, graph(db=(), web=())) == ["host.disk-full@None"]


def test_the_root_that_explains_more_comes_first():
    """Roots are in order of likelihood."""
    rows = [
        finding("generic.paused", "alone"),
        finding("generic.paused", "db"),
        finding("generic.cannot-reach", "web", kind=DEP, blames=("db",)),
    ]
    assert roots(rows, graph(web=("db",), alone=()))[0] == "generic.paused@db"


names = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.lists(
        st.builds(
            finding,
            symptom=st.sampled_from(["x.one", "y.two", "generic.died"]),
            service=names,
            kind=st.sampled_from(list(Kind)),
            blames=st.lists(names, max_size=2).map(tuple),
            yields=st.booleans(),
            standing=st.booleans(),
            severity=st.sampled_from(list(Severity)),
        ),
        max_size=8,
        unique_by=lambda f: f.id,
    ),
    st.dictionaries(names, st.lists(names, max_size=3).map(tuple), max_size=4),
)
def test_nothing_is_dropped_and_every_chain_ends_in_a_root(rows, needs):
    """Each finding is kept; following its causes leads to a root that lists it."""
    ranked = {f.id: f for f in rank(rows, graph(**needs), nobody)}
    assert {f.id for f in rows} <= set(ranked)
    for each in ranked.values():
        at, steps = each, 0
        while at.caused_by is not None:
            at, steps = ranked[at.caused_by], steps + 1
            assert steps <= len(ranked)
        assert each is at or each.id in at.explains


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.CRITICAL])
def test_a_warning_of_its_own_does_not_hide_an_error(severity):
    """On one service the worse finding leads."""
    rows = [
        finding("generic.paused", "db", severity=Severity.ERROR),
        finding("generic.memory-tight", "db", severity=severity),
    ]
    lead = "generic.paused" if severity < Severity.ERROR else "generic.memory-tight"
    assert roots(rows, graph(db=())) == [f"{lead}@db"]


def test_a_warning_does_not_explain_an_error():
    """An old weakness on the other end is no reason why users are not served."""
    rows = [
        finding("generic.memory-tight", "db", severity=Severity.WARNING),
        finding("generic.cannot-reach", "web", kind=DEP, blames=("db",)),
    ]
    first = rank(rows, graph(web=("db",)), nobody)[0]
    assert (first.node, first.suspected) == (node("db"), True)
