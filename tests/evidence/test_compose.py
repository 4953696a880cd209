"""The `compose` probe: what the files say, and no value of any variable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from escalade.evidence.compose import COMPOSE
from escalade.evidence.compose import duration
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Target
from escalade.model import Address
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import case
from recorded import cases
from recorded import text_of

LABEL = "com.docker.compose.project"


@pytest.mark.parametrize("case", cases("compose"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(COMPOSE) == case.expect, case.fact
    assert all(set(r) == set(COMPOSE.readings) for r in case.expect.readings)


def test_no_value_leaves_the_parser() -> None:
    """The answer holds every secret of the stack; the evidence holds none."""
    whole = case("compose", "whole")
    assert b"hunter2" in whole.answers[0].body
    parsed = whole.parse(COMPOSE)._asdict()
    assert "hunter2" not in json.dumps(parsed, default=str)


def _target(folder: Path, *files: str, **more: str) -> Target:
    labels = {
        LABEL: "shop",
        f"{LABEL}.working_dir": str(folder),
        f"{LABEL}.config_files": ",".join(str(folder / file) for file in files),
        **more,
    }
    place = Address("host", "shop", None, None, "compose")
    return Target(place, {"Config": {"Labels": labels}})


def _ask(target: Target, compose: Path) -> list[Answer]:
    """Run the script with a stand-in for Compose."""
    text = text_of(COMPOSE.questions(target, ()))
    folder = compose.parent / ".docker" / "cli-plugins"
    folder.mkdir(parents=True)
    compose.chmod(0o755)
    compose.rename(folder / "docker-compose")
    done = subprocess.run(
        ["sh", "-c", text],
        capture_output=True,
        env={"HOME": str(compose.parent), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.stderr == b""
    return [Answer(Status.OK, done.stdout, done.returncode)]


def test_the_words_of_compose_are_kept_apart(tmp_path: Path) -> None:
    """Warnings on stderr do not mix with the JSON, and tell what is not set."""
    (tmp_path / "a b.yaml").write_text("")
    (tmp_path / "fake").write_text(
        "#!/bin/sh\n"
        'echo \'level=warning msg="The \\"KEY\\" variable is not set."\' >&2\n'
        'printf \'{"services": {"web": {"image": "%s"}}}\' "$6"\n'
    )
    target = _target(tmp_path, "a b.yaml")
    (record,) = COMPOSE.parse(target, (), _ask(target, tmp_path / "fake")).readings
    assert record["unset_variables"] == ("KEY",)
    assert record["image"] == str(tmp_path / "a b.yaml")


def test_an_error_of_compose_is_the_reason(tmp_path: Path) -> None:
    """Compose refuses: the last line that is no warning says why."""
    (tmp_path / "c.yaml").write_text("")
    (tmp_path / "fake").write_text(
        "#!/bin/sh\necho 'level=warning msg=x' >&2; echo 'bad file' >&2; exit 15\n"
    )
    target = _target(tmp_path, "c.yaml")
    parsed = COMPOSE.parse(target, (), _ask(target, tmp_path / "fake"))
    assert (parsed.status, parsed.complete) == (Status.ERROR, False)
    assert parsed.reason == "compose config: bad file"


def test_labels_come_from_any_container_of_the_stack(tmp_path: Path) -> None:
    """A stack has no record of its own: one of its containers names the files."""
    mine = dict(_target(tmp_path, "mine.yaml").inspect)
    other = {"Config": {"Labels": {LABEL: "other", f"{LABEL}.config_files": "/o"}}}
    place = Address("host", "shop", None, None, "compose")
    facts = {"inspects": {"other-1": other, "shop-1": mine}}
    (question,) = COMPOSE.questions(Target(place, facts=facts), ())
    assert "mine.yaml" in question.text
    assert "/o " not in question.text


def test_files_and_options_are_quoted(tmp_path: Path) -> None:
    """Labels are data: what they hold is words for the shell, whatever it looks like."""
    target = _target(tmp_path, "$(id).yaml", **{f"{LABEL}.environment_file": "/e`id`"})
    text = text_of(COMPOSE.questions(target, ()))
    assert f"'{tmp_path}/$(id).yaml'" in text
    assert "--env-file '/e`id`'" in text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m30s", 90), ("500ms", 0.5), ("1h0m0s", 3600), (None, 30), ("", 30), ("0s", 0)],
)
def test_durations(text: str | None, seconds: float) -> None:
    """Go's durations are seconds; none is the Engine's default."""
    assert duration(text, 30.0) == seconds
