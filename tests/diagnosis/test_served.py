"""Who was seen to serve is not suspected: on the port that was asked for."""

from __future__ import annotations

from escalade.diagnosis.served import served
from tests.diagnosis.world import box
from tests.diagnosis.world import node
from tests.diagnosis.world import piece
from tests.diagnosis.world import seen


def link(port, outcome):
    return {"service": "mq", "port": port, "outcome": outcome}


MQ, WORKER = node("mq"), node("worker")


def test_another_client_acquits():
    """The same port answers somebody else."""
    world = seen(
        box("mq"),
        piece("reach", "worker", link(5672, "refused")),
        piece("reach", "web", link(5672, "ok")),
    )
    assert served(world, MQ, WORKER)


def test_another_port_does_not_acquit():
    """A management page that answers says nothing of a dead queue port."""
    world = seen(
        box("mq"),
        piece("reach", "worker", link(5672, "refused")),
        piece("published", "mq", {"port": 15672, "outcome": "ok"}),
    )
    assert not served(world, MQ, WORKER)


def test_an_answer_that_is_a_failure_acquits_nobody():
    """A connection to what fails everybody is no service; one to what serves is."""
    asks = link(8000, "ok") | {"status": 503}
    for other, verdict in (({"status": 500}, False), ({"status": 200}, True)):
        world = seen(
            box("mq"),
            piece("reach", "worker", asks),
            piece("reach", "web", link(8000, "ok") | other),
        )
        assert served(world, MQ, WORKER) is verdict
    hidden = piece("published", "mq", {"port": 8000, "outcome": "ok", "status": 502})
    assert not served(seen(box("mq"), hidden), MQ, WORKER)


def test_who_is_meant_to_be_stopped_is_not_to_blame():
    """The inventory says that it should not run."""
    assert served(seen(box("mq", desired="stopped")), MQ, WORKER)
