"""What a stack's Compose files say: one record a service, names of variables only.

The question's answer holds every resolved secret of the stack. It stays in memory,
and none of its values but those listed here reach a reading.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status
from escalade.model import Value

__all__ = ["COMPOSE", "FINDER", "duration", "options_of"]

LABEL = "com.docker.compose.project"
MARK = "\n#stderr "
DEFAULTS = {"interval": 30.0, "timeout": 30.0, "start_period": 0.0}
"""The Engine's own, in seconds, for a health check that does not say."""
RETRIES = 3
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}

# The plugin itself is asked where it is found: through `docker` it takes twice as long
# (that starts every plugin once to hear its name).
FINDER = r"""c=; for d in "$HOME/.docker" /usr/local/lib/docker /usr/local/libexec/docker \
/usr/lib/docker /usr/libexec/docker; do
[ -x "$d/cli-plugins/docker-compose" ] && { c=$d/cli-plugins/docker-compose; break; }
done
if [ -n "$c" ]; then set -- "$c"
elif command -v docker-compose >/dev/null 2>&1; then set -- docker-compose
elif command -v docker >/dev/null 2>&1; then set -- docker compose
else echo nocompose; exit 127; fi
"""
"""Puts the words that call Docker Compose, v2 of either kind, into `$@`."""
SCRIPT = (
    r"""for f in %(files)s; do
[ -e "$f" ] || { echo "missing $f"; exit; }; [ -r "$f" ] || { echo "denied $f"; exit; }
done
"""
    + FINDER
    + r"""exec 5>&1
e=$("$@" %(options)s --profile '*' config --format json 2>&1 >&5 5>&-; echo "#$?")
printf '\n#stderr %%s\n%%s\n' "${e##*#}" "${e%%#*}" """
)


def _labels(target: Target) -> Mapping[str, Any]:
    """Return the labels of the stack's newest container that names its files.

    What was made last was made from the files that count now.
    """
    boxes = [target.inspect, *as_dict(target.facts.get("inspects")).values()]
    boxes.sort(key=lambda box: str(box.get("Created") or ""), reverse=True)
    for box in boxes:
        labels = as_dict(as_dict(box.get("Config")).get("Labels"))
        mine = labels.get(LABEL) == target.address.stack
        if mine and labels.get(f"{LABEL}.config_files"):
            return labels
    return {}


def _split(text: object) -> list[str]:
    """Return the paths in a label."""
    return [part for part in str(text or "").split(",") if part]


def options_of(target: Target) -> tuple[list[str], list[str]]:
    """Return the Compose files of a stack, and Compose's options for it."""
    labels = _labels(target)
    files = _split(labels.get(f"{LABEL}.config_files"))
    folder = str(labels.get(f"{LABEL}.working_dir") or "")
    words = ["-p", str(labels.get(LABEL) or target.address.stack or "")]
    words += ["--project-directory", folder] if folder else []
    words += [word for file in files for word in ("-f", file)]
    for file in _split(labels.get(f"{LABEL}.environment_file")):
        words += ["--env-file", file]
    return files, words


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask Compose for its own reading of the files that made the stack."""
    del args
    files, options = options_of(target)
    if not files:
        return ()
    words = {"files": shlex.join(files), "options": shlex.join(options)}
    return (Script(SCRIPT % words, timeout_s=5.0, limit=1_000_000),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each service of the files, or why there is none."""
    del args
    if not answers:
        reason = "no container of the stack says where its Compose files are"
        return Parsed(status=Status.UNSUPPORTED, complete=False, reason=reason)
    if trouble := failed(answers):
        return trouble
    text = answers[0].body.decode("utf-8", "replace")
    if refusal := _refusal(text):
        return refusal
    body, _, rest = text.partition(MARK)
    code, _, words = rest.partition("\n")
    if code.strip() != "0" or answers[0].truncated:
        denied = "permission denied" in words
        status = Status.DENIED if denied else Status.ERROR
        reason = _complaint(words) or "the answer was cut"
        return Parsed(status=status, complete=False, reason=f"compose config: {reason}")
    try:
        project = as_dict(json.loads(body))
    except ValueError:
        reason = "docker compose config wrote no JSON"
        return Parsed(status=Status.ERROR, complete=False, reason=reason)
    whole_stack: dict[str, Value] = {
        "unset_variables": _unset(words),
        "unset": len(_unset(words)),
        "config_files": tuple(options_of(target)[0]),
    }
    services = as_dict(project.get("services"))
    records = [
        {
            **_service(name, as_dict(services[name])),
            "network_names": tuple(_named(as_dict(services[name]), project)),
            **whole_stack,
        }
        for name in sorted(services)
    ]
    return Parsed(tuple(records))


def _refusal(text: str) -> Parsed | None:
    """Return why Compose was not even asked, None where it was."""
    kinds = {
        "missing": (Status.UNSUPPORTED, "a Compose file is not on this host: "),
        "denied": (Status.DENIED, "a Compose file cannot be read: "),
        "nocompose": (Status.UNSUPPORTED, "the host has no Docker Compose"),
    }
    word, _, path = text.strip().partition(" ")
    if word not in kinds:
        return None
    status, reason = kinds[word]
    return Parsed(status=status, complete=False, reason=reason + path)


def _complaint(words: str) -> str:
    """Return the line of stderr that is no warning, without its time stamp."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if "level=warning" not in line]
    return errors[-1][:200] if errors else ""


def _unset(words: str) -> tuple[str, ...]:
    """Return the variables that Compose says are not set, in order of names."""
    found = re.findall(r'The \\?"([^"\\]+)\\?" variable is not set', words)
    return tuple(sorted(set(found)))


def _service(name: str, service: Mapping[str, Any]) -> dict[str, Value]:
    """Return what the files say of one service."""
    variables = as_dict(service.get("environment"))
    scale = as_dict(service.get("deploy")).get("replicas", service.get("scale"))
    replicas = whole(scale)
    return {
        "service": name,
        "image": service.get("image"),
        "builds": service.get("build") is not None,
        **_health(as_dict(service.get("healthcheck"))),
        "depends": tuple(_depends(as_dict(service.get("depends_on")))),
        "ports": tuple(_ports(as_list(service.get("ports")))),
        "networks": tuple(sorted(as_dict(service.get("networks")))),
        "aliases": tuple(_on_networks(service, "aliases")),
        "fixed_addresses": tuple(_on_networks(service, "ipv4_address")),
        "restart": str(service.get("restart") or "no"),
        "profiles": tuple(str(p) for p in as_list(service.get("profiles"))),
        "replicas": 1 if replicas is None else replicas,
        "variables": tuple(sorted(variables)),
        "blank_variables": tuple(k for k in sorted(variables) if _blank(variables[k])),
    }


def _blank(value: object) -> bool:
    """Whether a variable's value is missing, empty or only spaces."""
    return value is None or not str(value).strip()


def _health(check: Mapping[str, Any]) -> Reading:
    """Return a service's health check; times are None where there is no check."""
    words = check.get("test")
    test = words if isinstance(words, str) else " ".join(map(str, as_list(words)))
    there = bool(test) and test != "NONE" and check.get("disable") is not True
    times: dict[str, Value] = {
        f"{name}_s": duration(check.get(name), default) if there else None
        for name, default in DEFAULTS.items()
    }
    retries = whole(check.get("retries")) or RETRIES
    return {
        "healthcheck": there,
        "test": test if there else "",
        **times,
        "retries": retries if there else None,
    }


def duration(text: object, default: float) -> float:
    """Return a duration of Go's form (`1m30s`) in seconds; the default for none."""
    found = re.findall(r"(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)", str(text or ""))
    if not found:
        return default
    return round(sum(float(count) * UNITS[unit] for count, unit in found), 6)


def _depends(depends: Mapping[str, Any]) -> Iterable[str]:
    """Yield `service:condition` for each dependency."""
    for name in sorted(depends):
        condition = as_dict(depends[name]).get("condition") or "service_started"
        yield f"{name}:{condition}"


def _named(service: Mapping[str, Any], project: Mapping[str, Any]) -> Iterable[str]:
    """Yield `network:name` of a service's networks: what the Engine calls each."""
    networks = as_dict(project.get("networks"))
    for key in sorted(as_dict(service.get("networks"))):
        if name := as_dict(networks.get(key)).get("name"):
            yield f"{key}:{name}"


def _on_networks(service: Mapping[str, Any], what: str) -> Iterable[str]:
    """Yield `network:value` of what a service is given on each of its networks."""
    networks = as_dict(service.get("networks"))
    for name in sorted(networks):
        said = as_dict(networks[name]).get(what)
        for value in as_list(said) if isinstance(said, list) else [said]:
            if value:
                yield f"{name}:{value}"


def _ports(ports: Sequence[Any]) -> Iterable[str]:
    """Yield `8780->7880/tcp` for each published port; Docker picks a missing one."""
    for port in map(as_dict, ports):
        published = port.get("published") or ""
        yield f"{published}->{port.get('target')}/{port.get('protocol') or 'tcp'}"


COMPOSE = Probe(
    name="compose",
    scope="stack",
    doc="One record for each service of the stack's Compose files, as Compose itself "
    "reads them, those of unused profiles too; of variables their names, and whether "
    "they are blank. unset_variables: those that the files use and nobody sets. builds: "
    "its image is built from these files. network_names, aliases, fixed_addresses: "
    "`network:value`, where a network is called as in the files.",
    readings={
        "service": str,
        "image": str,
        "builds": bool,
        "healthcheck": bool,
        "test": str,
        "interval_s": float,
        "timeout_s": float,
        "start_period_s": float,
        "retries": int,
        "depends": tuple,
        "ports": tuple,
        "networks": tuple,
        "network_names": tuple,
        "aliases": tuple,
        "fixed_addresses": tuple,
        "restart": str,
        "profiles": tuple,
        "replicas": int,
        "variables": tuple,
        "blank_variables": tuple,
        "unset_variables": tuple,
        "unset": int,
        "config_files": tuple,
    },
    always=True,
    questions=_questions,
    parse=_parse,
    headline=("service", "healthcheck"),
)
