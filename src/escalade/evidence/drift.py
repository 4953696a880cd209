"""Whether a stack's containers are still what its files and images say: hashes alone.

Compose writes a hash of each service's definition, environment included, on its
container. Nothing of the definition itself comes back, only the hash of today.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.compose import FINDER
from escalade.evidence.compose import options_of
from escalade.evidence.parsing import PROJECT
from escalade.evidence.parsing import SERVICE
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import json_or_none
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Get
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["DRIFT"]

LABEL = "com.docker.compose."
# `up` hashes what `config` writes, variables of env_file in place and `service:x` told
# as the container that it is; `config --hash` alone hashes neither. Another release may
# do otherwise, so both are asked. `up --no-deps` leaves out what the service depends on,
# from the hash as well: that hash is asked beside them. The definition itself never
# leaves the pipe.
SCRIPT = (
    FINDER
    + r"""printf 'version %%s\n' "$("$@" version --short 2>/dev/null)"
all() { "$@" --profile '*' config --hash '*' 2>/dev/null; }
written() { "$@" %(options)s --profile '*' config --format json 2>/dev/null |
sed -E %(owners)s; }
written "$@" | all "$@" %(piped)s
all "$@" %(options)s
echo alone
written "$@" | sed '/^      "depends_on": {$/,/^      },*$/d' | all "$@" %(piped)s"""
)
ALONE = "alone"


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the Engine which image each tag names, and Compose for its hashes."""
    del args
    images = Get("/images/json")
    files, options = options_of(target)
    if not files:
        return (images,)
    script = SCRIPT % {
        "options": shlex.join(options),
        "piped": shlex.join([*_without_files(options), "-f", "-"]),
        "owners": shlex.quote(_owners(target)),
    }
    return (images, Script(script, timeout_s=6.0, limit=200_000))


def _without_files(options: Sequence[str]) -> list[str]:
    """Return Compose's options without those that name a file."""
    pairs = zip(options[::2], options[1::2], strict=True)
    kept = (pair for pair in pairs if pair[0] not in ("-f", "--env-file"))
    return [word for pair in kept for word in pair]


def _owners(target: Target) -> str:
    """Return the sed script that writes the container for each `service:x`."""
    lines = []
    for box in map(as_dict, as_dict(target.facts.get("inspects")).values()):
        labels, ident = _labels(box), str(box.get("Id"))
        name = str(labels.get(SERVICE) or "")
        first = str(labels.get(f"{LABEL}container-number") or "1") == "1"
        # A label is anybody's to write, and sed has commands.
        plain = re.fullmatch(r"[\w.-]+", name, re.ASCII) and ident.isalnum()
        if first and plain and labels.get(PROJECT) == target.address.stack:
            old = name.replace(".", r"\.")
            kinds = r"(network_mode|ipc|pid)"
            new = rf'"\1": "container:{ident}"'
            lines.append(f's/"{kinds}": "service:{old}"/{new}/')
    return "\n".join(lines)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a container; what was not told of it is None."""
    del args
    trouble = failed(answers[:1])
    if trouble is not None:
        return trouble
    listed = json_or_none(answers[0].body)
    if not isinstance(listed, list):
        return Parsed(status=Status.ERROR, complete=False, reason="not a list")
    tags = {
        str(tag): str(image.get("Id"))
        for image in map(as_dict, listed)
        for tag in as_list(image.get("RepoTags"))
    }
    words = _words(answers[1:])
    boxes = sorted(as_dict(target.facts.get("inspects")).items())
    records = tuple(
        _record(name, as_dict(box), tags, words)
        for name, box in boxes
        if _labels(box).get(PROJECT) == target.address.stack
    )
    told = any(words[name] for name in words if name)
    reason = "" if told else "Compose does not say what its files define"
    return Parsed(records, complete=told, reason=reason)


def _words(answers: Sequence[Answer]) -> Mapping[str, tuple[str, ...]]:
    """Return Compose's hashes by service, and its release under the empty name.

    The hashes of services without their dependencies stand under `name alone`.
    """
    found: dict[str, tuple[str, ...]] = {}
    kind = ""
    for answer in answers:
        for line in answer.body.decode("utf-8", "replace").splitlines():
            name, _, value = line.strip().partition(" ")
            if re.fullmatch(r"[0-9a-f]{64}", value):
                key = f"{name}{kind}"
                found[key] = (*found.get(key, ()), value)
            elif name == ALONE:
                kind = f" {ALONE}"
            elif name == "version":
                found[""] = (value,)
    return found


def _labels(box: object) -> Mapping[str, Any]:
    """Return a container's labels."""
    return as_dict(as_dict(as_dict(box).get("Config")).get("Labels"))


def _record(
    name: str,
    inspect: Mapping[str, Any],
    tags: Mapping[str, str],
    words: Mapping[str, tuple[str, ...]],
) -> Reading:
    """Return one container beside what its files and its tag say today."""
    labels = _labels(inspect)
    service = str(labels.get(SERVICE) or name)
    mine, whole = labels.get(f"{LABEL}config-hash"), words.get(service, ())
    hashes = (*whole, *words.get(f"{service} {ALONE}", ()))
    image = str(as_dict(inspect.get("Config")).get("Image") or "")
    return {
        "container": name,
        "service": service,
        "config_hash": mine,
        "declared_hash": mine if mine in hashes else next(iter(hashes), None),
        "exact": mine in whole if whole else None,
        "made_by": next(_release(labels.get(f"{LABEL}version")), None),
        "compose_version": next(_release(words.get("")), None),
        "image": image,
        "image_id": str(inspect.get("Image") or ""),
        "tag_id": tags.get(image) or tags.get(f"{image}:latest"),
    }


def _release(text: object) -> Iterator[str]:
    """Yield the release in a text: 2.26.1 of `v2.26.1-4`."""
    found = re.search(r"\d+\.\d+\.\d+", str(text or ""))
    if found:
        yield found[0]


DRIFT = Probe(
    name="drift",
    scope="stack",
    doc="One record for each container of the stack: the hash of the definition that it "
    "was made from and of the one in the files today, each with the release of Compose "
    "that computed it; its image, and the one that the tag names today. exact: Compose "
    "itself would leave the container as it is.",
    readings={
        "container": str,
        "service": str,
        "config_hash": str,
        "declared_hash": str,
        "exact": bool,
        "made_by": str,
        "compose_version": str,
        "image": str,
        "image_id": str,
        "tag_id": str,
    },
    questions=_questions,
    parse=_parse,
)
