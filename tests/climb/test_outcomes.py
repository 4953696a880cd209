"""What a level comes to beside a cure: it persists, it is worse, or one only waits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.climb.stack import PLAIN
from tests.climb.stack import docker

pytestmark = pytest.mark.engine

# A short look after each level: what is asked here never changes.
SOON = {"ESCALADE_VERIFY_S": "12"}
SICK = f"""
name: NAME
services:
  sick:
    image: {PLAIN}
    init: true
    command: [sleep, infinity]
    stop_grace_period: 1s
    healthcheck: {{test: ["CMD", "false"], interval: 1s, timeout: 1s, retries: 1}}
"""


def _until_unhealthy(box: str) -> None:
    """Wait until the Engine has asked the health check once."""
    ends = time.monotonic() + 60
    while "unhealthy" not in docker("inspect", "-f", "{{.State.Health.Status}}", box):
        assert time.monotonic() < ends
        time.sleep(0.5)


def test_what_stays_unhealthy_is_handed_off(own, schema, told) -> None:
    """A restart that exits 0 is no cure: exit 4, and a message that tells it all."""
    stack = own(SICK)
    _until_unhealthy(stack.box("sick"))
    done = stack.inv("fix", "--yes", "--format", "json", env=SOON)
    report = done.report
    schema(report)
    assert done.code == 4
    assert report["level"] == 3
    assert report["outcome"] in ("persists", "unknown")
    levels = [e["level"] for e in told("verified")]
    assert levels[0] == 1
    assert levels[-1] == 3
    text = Path(report["handoff"]["file"]).read_text()
    assert "sick" in text
    assert f"docker restart {stack.box('sick')}" in text
    assert report["run"] in text


@pytest.fixture
def book(tmp_path):
    """Return what writes the generic runbook anew; the environment that has it read."""
    folder = tmp_path / "runbooks"
    folder.mkdir()

    def write(text: str) -> dict[str, str]:
        (folder / "generic.yaml").write_text(text)
        return {"ESCALADE_RUNBOOKS": str(folder)}

    return write


WARMING = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  warming:
    kind: intrinsic
    title: {en: "{service} warms up", fr: "{service} chauffe"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: running, uptime_s: {lt: 25}}
        - container: {image: {contains: "escalade-bed/base"}}
    remedy: wait
"""


def test_where_waiting_is_right_nothing_is_done(shop, book, told) -> None:
    """It is cured by itself; no action, no lock, every container as it was."""
    env = book(WARMING)
    docker("restart", "--time", "1", shop.box("other"))
    before = shop.marks()
    done = shop.inv("fix", "--format", "json", env=env)
    assert (done.code, done.report["outcome"]) == (0, "cured")
    assert done.report["restarted"] == []
    assert shop.marks() == before
    assert told("intent", "locked") == []


WORSE = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  halted:
    kind: intrinsic
    title: {en: "{service} is halted", fr: "{service} est arrêté"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: exited}
        - container: {image: {contains: "escalade-bed/base"}}
    ladder: break-it
ladders:
  break-it:
    1:
      - start: {service: "{{ root.service }}"}
      - run: {argv: [docker, stop, esc-climb-shop-lone-1]}
"""


def test_a_repair_that_breaks_another_is_worse(shop, book, told) -> None:
    """Users of the other service notice it: that is no cure, and a person is told."""
    env = book(WORSE)
    docker("stop", "--time", "1", shop.box("other"))
    done = shop.inv("fix", "other", "--yes", "--format", "json", env={**env, **SOON})
    first = told("verified")[0]
    assert first["outcome"] in ("worse", "unknown")
    assert first["outcome"] == "worse" or "lone" in str(first["reason"])
    assert done.code in (2, 4)


WALK = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  halted:
    kind: intrinsic
    title: {en: "{service} is halted", fr: "{service} est arrêté"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: exited}
        - container: {image: {contains: "escalade-bed/base"}}
    ladder: walk
ladders:
  walk:
    1:
      - run: {argv: [sh, -c, "echo first >>NOTES; exit 7"]}
        attempts: 2
        backoff: 0.1s
        register: first
        on_failed:
          - run: {argv: [sh, -c, "echo handler >>NOTES"]}
        always:
          - run: {argv: [sh, -c, "echo always >>NOTES"]}
      - run: {argv: [sh, -c, "echo never >>NOTES"]}
        when: {registered: {name: first, ended: done}}
      - group:
          - run: {argv: [sh, -c, "echo group >>NOTES"]}
          - run: {argv: [sh, -c, "test $(grep -c group NOTES) = 2"]}
        when: {registered: {name: first, ended: failed}}
        attempts: 3
        backoff: 0.1s
      - start: {service: "{{ root.service }}"}
        until: {container: {state: running}}
"""


def test_a_ladder_is_walked_as_it_says(shop, book, tmp_path, told) -> None:
    """attempts, on_failed, always, when, group, register and until, on the real host."""
    notes = tmp_path / "notes"
    env = book(WALK.replace("NOTES", str(notes)))
    docker("stop", "--time", "1", shop.box("other"))
    done = shop.inv("fix", "other", "--yes", "--format", "json", env=env)
    assert (done.code, done.report["outcome"]) == (0, "cured")
    said = ["first", "first", "handler", "always", "group", "group"]
    assert notes.read_text().split() == said
    assert "skipped" in {e["ended"] for e in told("result")}


# ------------------------------------------------------------ an operator's task

TASKS = '''
"""An operator's own tasks."""

from invoke.tasks import task

from escalade.tasks import ns


@task
def heal(c, name=""):
    """Start it, however that is done here."""
    c.run(f"echo heal {name} >>NOTES && docker start BOX")


ns.add_task(heal)
'''
OWN = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  halted:
    kind: intrinsic
    title: {en: "{service} is halted", fr: "{service} est arrêté"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: exited}
        - container: {image: {contains: "escalade-bed/base"}}
    ladder: mine
ladders:
  mine:
    1:
      - heal: {name: "{{ root.service }}"}
"""


@pytest.mark.parametrize("where", [".", "deep/er", "/"])
def test_an_own_task_is_a_step(shop, book, tmp_path, told, where) -> None:
    """From wherever in the project, or beside it, Invoke is started."""
    notes, project = tmp_path / "notes", tmp_path / "project"
    (project / "deep" / "er").mkdir(parents=True)
    text = TASKS.replace("NOTES", str(notes)).replace("BOX", shop.box("other"))
    (project / "tasks.py").write_text(text)
    env = book(OWN)
    docker("stop", "--time", "1", shop.box("other"))
    done = shop.inv(
        *("fix", "other", "--yes", "--format", "json"),
        env=env,
        root=project,
        cwd=project / where,
    )
    assert (done.code, done.report["outcome"]) == (0, "cured")
    assert notes.read_text() == "heal other\n"
    (step,) = told("intent")
    assert step["command"] == "invoke heal --name=other"
    assert step["risk"] == "disruptive"


BOTH = """
runbook: generic
title: {en: Mine, fr: Le mien}
role: any
symptoms:
  halted:
    kind: intrinsic
    title: {en: "{service} is halted", fr: "{service} est arrêté"}
    severity: error
    confidence: proven
    when:
      all:
        - container: {state: exited}
        - container: {healthcheck: true}
    ladder: begin
  lacking:
    kind: intrinsic
    title: {en: "{service} lacks something", fr: "Il manque quelque chose à {service}"}
    severity: error
    confidence: proven
    when: {needs: {running: false}}
    remedy: handoff
    advice: {en: "Look for it.", fr: "Cherchez-le."}
ladders:
  begin:
    1:
      - start: {service: "{{ root.service }}"}
"""


PAIR = """
name: NAME
services:
  db: &plain
    image: escalade-bed/base:1
    init: true
    command: [sleep, infinity]
    stop_grace_period: 1s
    healthcheck: {test: [CMD, "true"], interval: 1s, timeout: 8s}
  app:
    <<: *plain
    healthcheck: {disable: true}
    depends_on: [db]
"""


def test_what_went_with_the_cure_of_another_is_handed_to_nobody(own, book) -> None:
    """Both roots are gone in the last look: nobody has to read a message of the second."""
    env = book(BOTH)
    stack = own(PAIR)
    docker("stop", "--time", "1", stack.box("db"))
    done = stack.inv("fix", "--yes", "--format", "json", env=env)
    ended = {root["symptom"]: root["outcome"] for root in done.report["roots"]}
    assert ended == {"generic.halted": "cured", "generic.lacking": "cured"}
    assert (done.code, done.report["outcome"]) == (0, "cured"), done.report
    assert done.report["handoff"] is None
