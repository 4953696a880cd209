"""A container as the Engine knows it: state, health with its freshness, ports, limits."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.absent import COMPLETED
from escalade.evidence.aliases import nameless
from escalade.evidence.health import health
from escalade.evidence.netns import network_stale
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import texts
from escalade.evidence.parsing import timestamp
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Target
from escalade.evidence.secrets import argv_of
from escalade.model import Args
from escalade.model import Value
from escalade.shapes import mask_command

__all__ = ["CONTAINER", "depends_of"]

LABEL = "com.docker.compose."
LOOPS = 3
"""Restarts from which a young container counts as looping."""
YOUNG_S = 60.0


def depends_of(inspect: Mapping[str, Any]) -> tuple[str, ...]:
    """Return `service:condition` for each dependency that Compose wrote down.

    The label's items are `service:condition:restart`.
    """
    label = _label(inspect, "depends_on") or ""
    items = (item.split(":") for item in label.split(",") if item)
    return tuple(":".join(item[:2]) for item in items)


def _label(inspect: Mapping[str, Any], name: str) -> str | None:
    """Return one of Compose's labels."""
    value = as_dict(as_dict(inspect.get("Config")).get("Labels")).get(LABEL + name)
    return None if value in (None, "") else str(value)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record from the Engine's own; times are the host's clock."""
    del args, answers
    inspect = target.inspect
    now = float(target.facts["now"])
    life = _life(inspect, now)
    record: dict[str, Value] = {
        "name": target.address.replica,
        **_identity(inspect),
        **life,
        **health(inspect, now),
        **_network(target),
        "network_stale": _network_stale(target, now),
        "nameless": nameless(inspect, as_dict(target.facts.get("inspects"))),
        **_limits(inspect),
        **_compose(inspect),
        "oneshot": _oneshot(target, life),
        "desired": _desired(target),
    }
    return Parsed((record,))


def _identity(inspect: Mapping[str, Any]) -> Mapping[str, Value]:
    """Return what the container is made of."""
    config = as_dict(inspect.get("Config"))
    host = as_dict(inspect.get("HostConfig"))
    return {
        "id": str(inspect.get("Id", ""))[:12],
        "image": str(config.get("Image") or ""),
        "image_id": str(inspect.get("Image") or ""),
        "command": mask_command(argv_of(inspect)),
        "log_driver": str(as_dict(host.get("LogConfig")).get("Type") or ""),
        "created_at": timestamp(inspect.get("Created")),
        "stop_grace_s": whole(config.get("StopTimeout")),
    }


def _life(inspect: Mapping[str, Any], now: float) -> Mapping[str, Value]:
    """Return the state and how long it has lasted, in seconds."""
    state = as_dict(inspect.get("State"))
    started, finished = (timestamp(state.get(k)) for k in ("StartedAt", "FinishedAt"))
    restarting = bool(state.get("Restarting"))
    running = bool(state.get("Running")) and not restarting
    count = whole(inspect.get("RestartCount")) or 0
    uptime = max(0.0, now - started) if running and started else None
    down = max(0.0, now - finished) if not running and finished else None
    ran = finished - started if finished and started and finished >= started else None
    young = uptime is not None and uptime < YOUNG_S
    looping = restarting or (count >= LOOPS and young)
    return {
        "state": str(state.get("Status") or ""),
        "running": running,
        "paused": bool(state.get("Paused")),
        "restarting": restarting,
        "exit_code": whole(state.get("ExitCode")),
        "error": str(state.get("Error") or ""),
        "oom_killed": bool(state.get("OOMKilled")),
        "pid": whole(state.get("Pid")) or None,
        "restart_count": count,
        "uptime_s": _tenth(uptime),
        "down_s": _tenth(down),
        "ran_s": _tenth(ran),
        "started_at": started,
        "finished_at": finished,
        "crash_looping": looping,
        "failing": looping or state.get("Status") in ("exited", "dead"),
    }


def _tenth(value: float | None) -> float | None:
    """Return a duration to the tenth of a second."""
    return None if value is None else round(value, 1)


def _network(target: Target) -> Mapping[str, Value]:
    """Return where the container is reached, and the ports it has or should have."""
    inspect = target.inspect
    host = as_dict(inspect.get("HostConfig"))
    settings = as_dict(inspect.get("NetworkSettings"))
    nets = {k: as_dict(v) for k, v in as_dict(settings.get("Networks")).items()}
    aliases = [a for net in nets.values() for a in as_list(net.get("Aliases"))]
    me = [p for p in target.peers if p.replica == target.address.replica]
    exposed = as_dict(as_dict(inspect.get("Config")).get("ExposedPorts"))
    mode = str(host.get("NetworkMode") or "")
    return {
        "networks": tuple(sorted(nets)),
        "on_network": bool(nets) or mode.partition(":")[0] in ("host", "container"),
        "network_mode": mode,
        "addresses": me[0].addresses if me else (),
        "aliases": texts(aliases),
        "published": _bindings(settings.get("Ports")),
        "wants_published": _bindings(host.get("PortBindings")),
        "exposed": tuple(sorted(exposed)),
    }


def _network_stale(target: Target, now: float) -> bool:
    """Whether the network namespace that it shares is no longer its owner's."""
    others = as_dict(target.facts.get("inspects"))
    return network_stale(target.inspect, others, now)


def _bindings(ports: object) -> tuple[str, ...]:
    """Return `8780->7880/tcp` for each port; `*` where the Engine chooses one."""
    found = (
        f"{as_dict(binding).get('HostPort') or '*'}->{inner}"
        for inner, bindings in as_dict(ports).items()
        for binding in as_list(bindings)
    )
    return tuple(sorted(set(found)))


def _limits(inspect: Mapping[str, Any]) -> Mapping[str, Value]:
    """Return the limits that were set; None where there is none."""
    host = as_dict(inspect.get("HostConfig"))
    quota, period = whole(host.get("CpuQuota")) or 0, whole(host.get("CpuPeriod")) or 0
    nano = whole(host.get("NanoCpus")) or 0
    cpus = nano / 1e9 if nano else quota / (period or 100_000) if quota > 0 else None
    pids = whole(host.get("PidsLimit")) or 0
    policy = as_dict(host.get("RestartPolicy"))
    return {
        "memory_limit": whole(host.get("Memory")) or None,
        "cpus": cpus,
        "pids_limit": pids if pids > 0 else None,
        "restart_policy": str(policy.get("Name") or "no"),
    }


def _compose(inspect: Mapping[str, Any]) -> Mapping[str, Value]:
    """Return what Compose wrote down about the container."""
    return {
        "depends": depends_of(inspect),
        "config_hash": _label(inspect, "config-hash"),
        "config_files": _label(inspect, "project.config_files"),
        "working_dir": _label(inspect, "project.working_dir"),
        "env_files": _label(inspect, "project.environment_file"),
        "number": whole(_label(inspect, "container-number")),
    }


def _oneshot(target: Target, life: Mapping[str, Value]) -> bool:
    """Whether the container ended well and was meant to end.

    In a stack, somebody must say so: another service waits for its completion. The
    exit code alone says nothing (real servers exit 0 on fatal errors). A container
    of no stack that was started by hand is not expected to run by anybody.
    """
    host = as_dict(target.inspect.get("HostConfig"))
    policy = as_dict(host.get("RestartPolicy")).get("Name")
    ended_well = life["state"] == "exited" and life["exit_code"] == 0
    # on-failure never restarts what ended with 0.
    if policy not in ("", "no", "on-failure", None) or not ended_well:
        return False
    at = target.address
    if at.stack is None:
        return True
    wish = f"{at.service}:{COMPLETED}"
    others = as_dict(target.facts.get("inspects")).values()
    return any(
        wish in depends_of(other)
        for other in others
        if _label(other, "project") == at.stack
    )


def _desired(target: Target) -> str:
    """Return running or stopped, as the inventory has it; running by default."""
    at = target.address
    said: Mapping[object, Any] = target.facts.get("expected", {})
    return str(as_dict(said.get((at.stack, at.service))).get("desired") or "running")


CONTAINER = Probe(
    name="container",
    scope="container",
    doc="A container as the Engine knows it. state: created, running, paused, "
    "restarting, exited, dead, removing, or missing (declared, but none is there). "
    "network_stale: it shares the network of one that was started again since, or is "
    "gone: it is alone in the namespace of before. nameless: the networks of its stack "
    "on which nobody finds it under its service's name.",
    readings={
        "name": str,
        "id": str,
        "image": str,
        "image_id": str,
        "state": str,
        "running": bool,
        "paused": bool,
        "restarting": bool,
        "exit_code": int,
        "error": str,
        "oom_killed": bool,
        "pid": int,
        "restart_count": int,
        "uptime_s": float,
        "down_s": float,
        "ran_s": float,
        "started_at": float,
        "finished_at": float,
        "created_at": float,
        "stop_grace_s": int,
        "crash_looping": bool,
        "failing": bool,
        "health": str,
        "health_streak": int,
        "health_exit": int,
        "health_output": str,
        "healthcheck": bool,
        "health_test": str,
        "health_interval_s": float,
        "health_timeout_s": float,
        "health_retries": int,
        "health_start_period_s": float,
        "health_missed": bool,
        "restart_policy": str,
        "networks": tuple,
        "on_network": bool,
        "network_mode": str,
        "network_stale": bool,
        "nameless": tuple,
        "addresses": tuple,
        "aliases": tuple,
        "published": tuple,
        "wants_published": tuple,
        "exposed": tuple,
        "memory_limit": int,
        "cpus": float,
        "pids_limit": int,
        "depends": tuple,
        "config_hash": str,
        "config_files": str,
        "working_dir": str,
        "env_files": str,
        "number": int,
        "command": str,
        "log_driver": str,
        "oneshot": bool,
        "desired": str,
    },
    always=True,
    quick=True,
    parse=_parse,
    headline=("state", "health"),
)
