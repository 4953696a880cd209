"""The JSON Schema of maintenance files says what lint says, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from escalade.evidence.catalog import probes
from escalade.remedy.catalog import steps
from escalade.schedule.publish import schema
from tests.schedule.made import DOES
from tests.schedule.made import HEAD
from tests.schedule.made import ROOT
from tests.schedule.made import SLEEP
from tests.schedule.made import compiled
from tests.schedule.made import escalade

SYMPTOM = (
    "symptoms:\n  old:\n    kind: intrinsic\n    title: {en: Old, fr: Vieux}\n"
    "    severity: warning\n    when: {image_age: {age_s: {gt: 30d}}}\n"
)
LADDER = "ladders:\n  again:\n    1:\n      - restart: {}\n"
WINDOW = '{from: "22:00", to: "04:30"}'

RIGHT = [
    DOES,
    SLEEP + "fix: true\n",
    SLEEP + "fix: false\ndiagnose: true\n",
    HEAD + "every: 6h\ndiagnose: true\n",
    HEAD + "every: 1h30m\ndiagnose: true\n",
    *(
        HEAD + f"schedule: '{word}'\nfix: true\n"
        for word in ("@daily", "@Weekly", " 0  3  * * mon ", "*/5 0-6 1,15 JAN-mar 1-5")
    ),
    DOES + f"window: {WINDOW}\n",
    DOES + 'window: {days: [sat, sun], from: "00:00", to: "24:00", time_zone: UTC}\n',
    DOES + "missed: once\nlate: 2h\njitter: 5m\noverlap: queue\n",
    DOES + "budget: {runs: 3, within: 1.5 d}\nlimit: [web]\nstacks: [a, b]\n",
    DOES + "notify: [oncall]\nnotify_when: always\nprometheus: /x/\nrisk: safe\n",
    SLEEP + "steps:\n  - cleanup: {images: true, older: 24h}\n    attempts: 2\n",
    SLEEP + "steps:\n  - up: {}\nstacks: [a]\nfix: false\nvars: {least: 80}\n",
    SLEEP + f"role: any\n{SYMPTOM}",
    SLEEP + f"fix: true\nrole: redis\n{SYMPTOM}{LADDER}",
    DOES + "ladders: {}\n",
]
WRONG = [
    HEAD + "diagnose: true\n",
    DOES + "every: 6h\n",
    SLEEP,
    SLEEP + "fix: false\n",
    DOES + "fix: true\n",
    DOES + "steps:\n  - up: {}\n",
    SLEEP + f"steps:\n  - up: {{}}\nrole: any\n{SYMPTOM}",
    SLEEP + "steps:\n  - up: {}\nstacks: [a, b]\n",
    SLEEP + "steps: []\n",
    SLEEP + "steps:\n  - cleenup: {}\n",
    SLEEP + "steps:\n  - cleanup: {imagez: true}\n",
    SLEEP + "steps:\n  - cleanup: {}\n    when: {disc: {free: 1}}\n",
    DOES + "shedule: x\n",
    DOES + "missed: twice\n",
    DOES + "overlap: both\n",
    DOES + "risk: none\n",
    DOES + "jitter: 5 minutes\n",
    DOES + "jitter: 5\n",
    DOES + "jitter:\n",
    DOES + "enabled: 'yes'\n",
    DOES + "limit: []\n",
    DOES + "limit: web\n",
    DOES + "budget: {runs: 0, within: 1d}\n",
    DOES + "budget: {runs: 3}\n",
    DOES + "notify_when: never\n",
    DOES + 'window: {from: "25:00", to: "04:00"}\n',
    DOES + 'window: {from: "24:00", to: "04:00"}\n',
    DOES + 'window: {from: "22:00", to: "24:30"}\n',
    DOES + 'window: {from: "1:00", to: "04:00"}\n',
    DOES + 'window: {from: "22:00"}\n',
    DOES + 'window: {days: [monday], from: "22:00", to: "04:00"}\n',
    DOES + "role: redis\n",
    DOES + LADDER,
    SLEEP + SYMPTOM,
    SLEEP + "role: any\nsymptoms: {}\n",
    SLEEP + "role: any\nsymptoms:\n  old: {kind: intrinsic, severity: warning}\n",
    SLEEP + "role: any\n" + SYMPTOM.replace("age_s", "aged"),
    DOES.replace("title: {en: A job, fr: Une tâche}", "title: A job"),
    DOES.replace("title: {en: A job, fr: Une tâche}", "title: {en: A job}"),
    DOES.replace("maintenance: job\n", ""),
    *(
        DOES.replace("0 3 * * *", wrong)
        for wrong in ("0 3 * *", "0 0 3 * * *", "0 3 L * *", "0 3 * * 1#2", "@dayly")
    ),
    *(
        DOES.replace("0 3 * * *", wrong)
        for wrong in ("5/15 * * * *", "0 3 * * mon/2", "1,2/3 * * * *")
    ),
]
# Numbers of a text, names of files and zones: only lint knows.
BEYOND = [
    DOES.replace("0 3 * * *", "60 3 * * *"),
    DOES.replace("0 3 * *", "0 3 31 2"),
    HEAD + "every: 7h\ndiagnose: true\n",
    DOES + "jitter: 3d\n",
    DOES.replace("UTC", "Europe/Pariss"),
    DOES.replace("maintenance: job", "maintenance: other"),
]
WINDOWS = f"windows:\n  - {{stacks: [shop], {WINDOW[1:]}\n"
WINDOWS_WRONG = [
    "windows: []\n",
    'windows:\n  - {stacks: [shop], from: "1:00", to: "03:00"}\n',
    'windows:\n  - {stakcs: [shop], from: "01:00", to: "03:00"}\n',
    'windows:\n  - {stacks: [], from: "01:00", to: "03:00"}\n',
    f"{WINDOWS}diagnose: true\n",
]


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """Return the schema of maintenance files."""
    return schema(probes(), kinds=steps())


@pytest.fixture(scope="module")
def valid(whole: dict[str, Any]) -> Any:
    """Return whether the schema takes a file."""
    check = jsonschema.Draft202012Validator(whole)
    return lambda text: check.is_valid(as_data(text))


def as_data(text: str) -> Any:
    """Return a file as an editor reads it: keys are texts."""
    return json.loads(json.dumps(yaml.safe_load(text)))


def lints(text: str) -> bool:
    """Whether lint finds no error in a file."""
    name = "windows" if text.startswith("windows:") else "job"
    return compiled(text, name).errors == ()


def test_it_is_a_schema(whole: dict[str, Any]) -> None:
    """Of its dialect; each `$ref` leads somewhere, and null is allowed nowhere."""
    jsonschema.Draft202012Validator.check_schema(whole)
    text = json.dumps(whole)
    names = {f'"#/$defs/{name}"' for name in whole["$defs"]}
    assert {part.split("}")[0] for part in text.split('"$ref": ')[1:]} <= names
    assert '"null"' not in text
    assert '"type": "step"' not in text


@pytest.mark.parametrize("text", [*RIGHT, WINDOWS])
def test_what_lint_takes_the_schema_takes(text: str, valid: Any) -> None:
    """No editor marks what is right."""
    assert lints(text)
    assert valid(text)


@pytest.mark.parametrize("text", [*WRONG, *WINDOWS_WRONG])
def test_what_lint_refuses_the_schema_refuses(text: str, valid: Any) -> None:
    """An editor marks it before lint says why."""
    assert not lints(text)
    assert not valid(text)


@pytest.mark.parametrize("text", BEYOND)
def test_what_no_schema_can_say(text: str, valid: Any) -> None:
    """Lint alone refuses it."""
    assert not lints(text)
    assert valid(text)


def files() -> list[Path]:
    """Return the shipped jobs, and the example of a folder of an operator's own."""
    return sorted((ROOT / "runbooks" / "maintenance").glob("*.yaml"))


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_the_shipped_jobs_fit(file: Path, valid: Any) -> None:
    """Each of them."""
    assert valid(file.read_text())


def test_the_task_prints_it(tmp_path: Path, whole: dict[str, Any]) -> None:
    """`runbook.schema --maintenance`; without it, that of a runbook."""
    done = escalade("runbook.schema", "--maintenance", folder=tmp_path, environment={})
    assert json.loads(done.stdout) == whole
    other = escalade("runbook.schema", folder=tmp_path, environment={})
    assert json.loads(other.stdout)["title"] == "RunbookFile"
