"""What only the shell of a container's first `up` had set is not lost in silence."""

from __future__ import annotations

import pytest

from escalade.errors import UsageError
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Node
from escalade.model import Status
from escalade.remedy.catalog import steps
from escalade.remedy.scene import Scene
from tests.diagnosis.world import HOST
from tests.diagnosis.world import STACK
from tests.diagnosis.world import box
from tests.diagnosis.world import piece
from tests.diagnosis.world import snapshot


def scene(*, unset: tuple[str, ...], blank: bool) -> Scene:
    """Return a stack of one service whose files give PASSWORD no value now."""
    record = {
        "service": "db",
        "blank_variables": ("PASSWORD",),
        "unset_variables": unset,
        "depends": (),
    }
    files = Evidence(
        Address(HOST, STACK, None, None, "compose"), Status.OK, (record,), time=100.0
    )
    there = {"variable": "PASSWORD", "present": True, "blank": blank}
    running = box("db", running=True, id="1", config_files="/app/compose.yaml")
    return Scene(snapshot(running, piece("env", "db", there), files), HOST, {})


def plan(step: str, here: Scene) -> list[str]:
    """Return the commands of a step called by hand."""
    kind = steps()[step]
    args = {name: one.default for name, one in kind.arguments.items()}
    return [act.command for act in kind.actions(here, Node(HOST, STACK), args)]


@pytest.mark.parametrize("step", ["recreate", "up", "safe-restart"])
def test_a_value_that_would_be_lost_is_refused(step):
    """With the variable of the container, the one to set, and where."""
    with pytest.raises(
        UsageError, match=r"lose the value of PASSWORD: .*DB_PW"
    ) as told:
        plan(step, scene(unset=("DB_PW",), blank=False))
    assert ".env" in str(told.value)


@pytest.mark.parametrize("step", ["recreate", "up", "safe-restart"])
@pytest.mark.parametrize(
    ("unset", "blank"), [((), False), (("DB_PW",), True)], ids=["meant", "blank"]
)
def test_what_is_meant_blank_or_was_blank_is_no_loss(step, unset, blank):
    """Somebody set it so, or the container that is there has nothing either."""
    assert plan(step, scene(unset=unset, blank=blank))


def test_a_restart_keeps_what_the_container_has():
    """The way out that the refusal names."""
    assert plan("restart", scene(unset=("DB_PW",), blank=False)) == [
        "docker restart app-db-1"
    ]
