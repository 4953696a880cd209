"""The `drift` probe: hashes and ids beside each other, and no definition."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from escalade.evidence.drift import DRIFT
from escalade.evidence.probe import Get
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.model import Address

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import case
from recorded import cases

P = "com.docker.compose."


@pytest.mark.parametrize("case", cases("drift"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(DRIFT) == case.expect, case.fact
    assert all(set(r) == set(DRIFT.readings) for r in case.expect.readings)


def script(inspects: dict) -> str:
    """Return the script that is asked of a stack's host."""
    place = Address("host", "shop", None, None, "drift")
    _, question = DRIFT.questions(Target(place, facts={"inspects": inspects}), ())
    assert isinstance(question, Script)
    return question.text


def box(service: str, ident: str = "f00") -> dict:
    labels = {
        f"{P}project": "shop",
        f"{P}service": service,
        f"{P}project.config_files": "/srv/c.yaml",
        f"{P}project.working_dir": "/srv",
        f"{P}project.environment_file": "/srv/prod.env",
    }
    return {"Id": ident, "Config": {"Labels": labels}}


def test_images_alone_are_asked_where_no_label_names_files() -> None:
    """A stack without files is compared by its images."""
    place = Address("host", "shop", None, None, "drift")
    assert DRIFT.questions(Target(place, facts={"inspects": {}}), ()) == (
        Get("/images/json"),
    )


def test_a_shared_namespace_is_hashed_as_the_container_that_it_is(
    tmp_path: Path,
) -> None:
    """`up` hashes `container:<id>` where the files say `service:x`; so does the probe."""
    plugins = tmp_path / ".docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    stand_in = plugins / "docker-compose"
    # Writes what it was given to hash, in the place of hashes.
    stand_in.write_text(
        """#!/bin/sh
case "$*" in
version*) echo 9.9.9;;
*"-f - "*) sed 's/^/piped /';;
*--hash*) echo "direct $*";;
*) echo '{"network_mode": "service:my.db", "pid": "service:myxdb"}';;
esac
"""
    )
    stand_in.chmod(0o755)
    told = subprocess.run(
        ["sh", "-c", script({"shop-my.db-1": box("my.db")})],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    options = "-p shop --project-directory /srv -f /srv/c.yaml --env-file /srv/prod.env"
    assert told == [
        "version 9.9.9",
        'piped {"network_mode": "container:f00", "pid": "service:myxdb"}',
        f"direct {options} --profile * config --hash *",
        "alone",
        'piped {"network_mode": "container:f00", "pid": "service:myxdb"}',
    ]


@pytest.mark.parametrize("service", ["x/e id", "a'b", "x\ny"])
def test_a_label_that_is_no_name_stays_out_of_the_script(service: str) -> None:
    """Labels are anybody's to write; a name with commands in it is not used."""
    assert service not in script({"a": box("web"), "b": box(service)})


def test_an_image_built_again_shows_in_its_tag() -> None:
    """The tag names another image than the container was made from."""
    readings = case("drift", "whole").expect.readings
    web = next(r for r in readings if r["container"] == "shop-web-1")
    assert web["tag_id"] != web["image_id"]
