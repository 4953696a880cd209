"""No secret reaches the journal's files: not the database, not its write-ahead log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from escalade.journal.clean import cleaned
from escalade.journal.recorder import ClimbRecorder
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Shell
from escalade.plans import Verified
from escalade.redact import Redactor
from escalade.shapes import shaped
from escalade.text import Text
from tests.journal import sample

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
PLANTED = {
    "jwt": JWT,
    "flag": "hunter2flag",
    "glued": "hunter2glued",
    "url": "hunter2url",
    "auth": "hunter2auth",
    "named": "hunter2named",
    "word": "hunter2word",
    "output": "hunter2output",
    "known": "correct horse battery",
    "key": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
}
PEM = f"-----BEGIN PRIVATE KEY-----\n{PLANTED['key']}\n-----END PRIVATE KEY-----"


@pytest.fixture
def written(tmp_path: Path) -> bytes:
    """Return all bytes of the journal's files after a run that spoke of secrets."""
    redact = Redactor([PLANTED["known"]], b"k").text
    line = f"mysql -uroot -p{PLANTED['glued']} -e 'select 1'"
    what = sample.action(do=Shell(line), command=line, undo=f"echo {JWT}")
    with sample.journal(tmp_path, redact=redact) as journal:
        journal.begin(
            sample.RUN,
            "run",
            who="anna",
            argv=("invoke", "run", "--password", PLANTED["flag"], line),
            why=f"redis://:{PLANTED['url']}@redis:6379 is refused",
        )
        writer = ClimbRecorder(journal, sample.RUN, 1, sample.climb(what))
        writer.intent(what, 1)
        writer.result(
            Did(
                "1.1.1",
                Ended.FAILED,
                reason=f"AUTH {PLANTED['auth']} rejected: {PLANTED['known']}",
                output=f"{PEM}\nREDIS_PASSWORD={PLANTED['output']}",
            )
        )
        why = Text(f"token={JWT}", f"jeton {JWT}")
        writer.verified(Verified("1", Outcome.PERSISTS, why))
        data = {
            "env": {"REDIS_PASSWORD": PLANTED["named"], "PORT": "6379"},
            "words": ["docker", "login", "--token", PLANTED["word"]],
        }
        journal.event(sample.RUN, "saved", data=data)
        files = [path for path in tmp_path.iterdir() if path.name != "reserve"]
        assert {path.name for path in files} == {
            "journal.db",
            "journal.db-wal",
            "journal.db-shm",
        }
        return b"".join(path.read_bytes() for path in files)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_secret_is_nowhere(written: bytes, name: str) -> None:
    """Not as it is, and not in pieces of JSON."""
    secret = PLANTED[name]
    assert secret.encode() not in written
    assert json.dumps(secret)[1:-1].encode() not in written


@pytest.mark.parametrize(
    "kept", ["mysql -uroot -p", "rejected", "is refused", "select 1", "6379", "login"]
)
def test_what_helps_is_kept(written: bytes, kept: str) -> None:
    """The text around a secret stays readable."""
    assert kept.encode() in written


def test_an_event_says_that_something_was_taken_out(tmp_path: Path) -> None:
    """A command that lost a word is for people: it is not run again as it stands."""
    with sample.journal(tmp_path) as journal:
        journal.event("r", "saved", data={"command": "docker start redis"})
        journal.event("r", "saved", data={"command": "mysql -phunter2"})
        assert [event.redacted for event in journal.events("r")] == [False, True]


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ({"password": "x1y2"}, {"password": "[redacted]"}),
        ({"API_KEY": ["a1b2", "c3"]}, {"API_KEY": ["[redacted]", "[redacted]"]}),
        ({"token-service": "4f2a"}, {"token-service": "4f2a"}),
        ({"container token": "4f2a"}, {"container token": "4f2a"}),
        (["--password", "x1y2", "y"], ["--password", "[redacted]", "y"]),
        (["--keys", "--verbose"], ["--keys", "--verbose"]),
        (("redis-cli", "-h", "redis"), ["redis-cli", "-h", "redis"]),
        ({"n": 1, "b": True, "z": None}, {"n": 1, "b": True, "z": None}),
    ],
)
def test_names_and_flags_announce_secrets(value: object, clean: object) -> None:
    """The name before a value counts; names of services and facts are not names of it."""
    assert cleaned(value, shaped) == clean
