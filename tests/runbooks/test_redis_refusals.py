"""A Redis that answers with refusals is the root, and no client of it is touched."""

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

CASES = paths.trials()
STACK = """
services:
  redis:
    redis: {{outcome: ok, ping: PONG, loading: false, {redis}}}
  livekit-server:
    container: {{{box}}}
    http: {{port: 7880, path: /, outcome: ok, status: {status}, body: Not Ready}}
    reach: {{variable: A, name: redis, service: redis, port: 6379, scheme: redis, outcome: ok, reply: "+PONG", self: false}}
    log: {log}
  multi-agent:
    reach: {{variable: A, name: redis, service: redis, port: 6379, scheme: redis, outcome: ok, reply: "+PONG", self: false}}
expect: {{service: redis, remedy: handoff}}
"""
DENIED = (
    "role: master, errors_noperm: 5, "
    "denied: +hset, denied_user: default, denied_client: livekit-server"
)
REPLICA = 'role: slave, errors_readonly: 9, master: "10.0.0.1:6379"'
LOOP = "state: restarting, exit_code: 0, restart_count: 6"
NOPERM = "NOPERM this user has no permissions to run the 'hdel' command"
READONLY = "READONLY You can't write against a read only replica."


@cache
def book():
    """Return the shipped runbooks."""
    return load([paths.runbooks()], probes(), steps)


def found(case):
    """Return the findings of a case that users would feel, the roots apart."""
    assert not case.problems
    diagnosis = judge(case.snapshot, book(), Run("test", case.snapshot.recorded, 0.0))
    felt = [f for f in diagnosis.findings if f.severity > 1]
    return {f.symptom for f in felt}, [f for f in felt if f.caused_by is None]


@pytest.mark.parametrize(
    ("redis", "box", "status", "log", "root"),
    [
        (DENIED, "", 406, [], "redis.acl-denies"),
        (DENIED, LOOP, 406, [NOPERM], "redis.acl-denies"),
        (DENIED, LOOP, 406, [f"could not register node: {NOPERM}"], "redis.acl-denies"),
        ('role: master, errors_noperm: 5, denied: ""', "", 406, [], "redis.commands-denied"),
        (REPLICA, "", 200, [f"could not update node: {READONLY}"], "redis.read-only-replica"),
        (REPLICA, "", 406, [], "redis.read-only-replica"),
        (REPLICA, LOOP, 406, [READONLY], "redis.read-only-replica"),
    ],
)  # fmt: skip
def test_refusals_are_the_fault_of_redis(tmp_path, redis, box, status, log, root):
    """One root, handed off; nothing says that Redis is silent or that LiveKit is stale."""
    text = STACK.format(redis=redis, box=box, status=status, log=log)
    (tmp_path / f"{root}.yaml").write_text(text)
    symptoms, roots = found(next(cases([tmp_path], probes())))
    assert [(f.symptom, f.remedy.steps) for f in roots] == [(root, ("handoff",))]
    assert not symptoms & {
        "livekit.redis-stale",
        "livekit.redis-lost",
        "livekit.redis-refused-at-start",
    }


def test_a_replica_beside_its_master_may_refuse(tmp_path):
    """Somebody once wrote to the wrong one: nobody feels it."""
    text = f"""
services:
  main: {{redis: {{outcome: ok, ping: PONG, role: master}}, container: {{image: "redis:7"}}}}
  redis: {{redis: {{outcome: ok, ping: PONG, {REPLICA}}}, container: {{image: "redis:7"}}}}
expect: {{service: redis, remedy: handoff}}
"""
    (tmp_path / "redis.read-only-replica.yaml").write_text(text)
    symptoms, _ = found(next(cases([tmp_path], probes())))
    assert "redis.read-only-replica" not in symptoms


def test_what_redis_says_to_the_one_with_the_acl_is_told():
    """User, rule and client stand in the advice, in both languages."""
    case = next(c for c in cases([CASES], probes()) if c.name == "redis.acl-denies")
    _, (root,) = found(case)
    for words in (root.remedy.advice.en, root.remedy.advice.fr):
        assert "ACL SETUSER default +hset +publish`" in words
        assert words.startswith("livekit-server ")
        assert "{" not in words


def test_packets_that_are_dropped_on_the_way():
    """The path is the root; that LiveKit lost Redis follows from it."""
    case = next(
        c for c in cases([CASES], probes()) if c.name == "livekit.redis-unreachable"
    )
    symptoms, (root,) = found(case)
    assert root.symptom == "livekit.redis-unreachable"
    assert {"livekit.redis-lost", "generic.cannot-reach"} <= symptoms
    assert "livekit.redis-stale" not in symptoms
