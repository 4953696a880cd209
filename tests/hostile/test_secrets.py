"""Secrets in every place that a container has: in nothing that is saved or shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.command import run
from tests.hostile.engine import box
from tests.hostile.engine import frame
from tests.hostile.engine import healthy

SECRET = re.compile(r"hush\w+")
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodXNoIn0.hush0Signature0aaaaaaaaaa"


def leaky() -> dict:
    """Return a container that fails and has secrets all over it."""
    record = box(
        "web",
        Env=[
            "DB_PASSWORD=hush1Environment",
            "API_KEY=hush2ApiKey99",
            "REDIS_URL=redis://user:hush3InUrl77@db:6379/0",
            "DATABASE_URL=postgres://u:p%40hush4Quoted5@db:5432/x?password=hush5Query66",
            "SERVICE_SECRET=hush6FirstLine1\nhush7SecondLine2",
        ],
        Cmd=["serve", "--password", "hush8Argument1", "--api-key=hush9Argument2"],
        Healthcheck={"Test": ["CMD", "curl", "-H", "X-Api-Key: hushATest111", "u"]},
    )
    record["Path"] = "serve"
    record["Args"] = record["Config"]["Cmd"][1:]
    record["Config"]["Labels"] |= {
        "traefik.basicauth.users": "admin:hushBLabel22",
        "my.secret": "hushCLabel33",
    }
    record["State"] |= {
        "Status": "exited",
        "Running": False,
        "ExitCode": 1,
        "Error": "cannot start: http://u:hushDError44@registry/x --token hushEError55",
        "Health": {
            "Status": "unhealthy",
            "FailingStreak": 3,
            "Log": [
                {
                    "Start": "2024-01-01T00:00:09Z",
                    "ExitCode": 1,
                    "Output": "password=hushFHealth66 hush1Environment",
                }
            ],
        },
    }
    return record


LOG = frame(
    "starting with hush1Environment and hush2ApiKey99",
    "hush6FirstLine1",
    "hush7SecondLine2",
    "cannot connect to redis://:hushGLog777@db:6379",
    "Authorization: Bearer hushHBearer888888888",
    '{"api_key": "hushIJson999999"}',
    f"token {TOKEN}",
    "password=hushJLog000000",
)
LEAKY = healthy([leaky(), box("db")], LOG)


@pytest.mark.parametrize("mode", [(), ("--quick",), ("--deep",)], ids=str)
def test_nothing_that_diagnose_says_or_saves(tmp_path: Path, serve, mode) -> None:
    """Neither the report in any format, nor the file, nor what is read back from it."""
    env = {"DOCKER_HOST": serve(LEAKY)}
    file = tmp_path / "saved"
    told = [
        run("diagnose", "--verbose", "--save", str(file), *mode, env=env).out,
        run("diagnose", "--format", "json", *mode, env=env).out,
        run("diagnose", "--format", "markdown", *mode, env=env).out,
        run("diagnose", "--verbose", "--from", str(file)).out,
        file.read_text(),
    ]
    assert all("web" in text for text in told)
    assert [SECRET.findall(text) for text in told] == [[], [], [], [], []]


@pytest.mark.parametrize(
    "words", [("ps",), ("logs", "web"), ("audit",), ("resources",)], ids=" ".join
)
def test_nothing_that_a_single_question_says(serve, words: tuple[str, ...]) -> None:
    """The log is shown, without them."""
    env = {"DOCKER_HOST": serve(LEAKY)}
    told = run(*words, env=env).out + run(*words, "--format", "json", env=env).out
    assert SECRET.findall(told) == []
    assert words[0] != "logs" or "cannot connect to redis://" in told
