"""How a job's end is told: to Prometheus, and to people."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path

import pytest

from escalade.schedule import metrics
from escalade.schedule import notify
from escalade.schedule.words import ended_text
from escalade.schedule.words import ended_title
from escalade.schedule.work import Done
from escalade.text import Text
from tests.schedule.made import job


@pytest.fixture
def inbox():
    """Return the address of somebody who takes Apprise's JSON, and what came."""
    came: list[dict] = []

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            came.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", came
        server.shutdown()
        thread.join()


def test_prometheus_gets_a_whole_file(tmp_path) -> None:
    """Four numbers with the job's name, and no draft beside them."""
    one = job(prometheus=f"{tmp_path}/")
    assert metrics.write(one, ended=1_800_000_000.0, took_s=2.5, code=2) == ""
    (path,) = tmp_path.iterdir()
    assert path.name == "escalade_job.prom"
    lines = [x for x in path.read_text().splitlines() if not x.startswith("#")]
    assert lines == [
        'escalade_job_last_run_timestamp{name="job"} 1.8e+09',
        'escalade_job_last_run_success{name="job"} 0.0',
        'escalade_job_last_run_duration_seconds{name="job"} 2.5',
        'escalade_job_last_run_exit{name="job"} 2.0',
    ]


def test_a_file_may_be_named(tmp_path) -> None:
    """Its folder is made; a folder that cannot be is one line, and no failure."""
    one = job(prometheus=str(tmp_path / "new" / "a.prom"))
    assert metrics.write(one, ended=1.0, took_s=0.0, code=0) == ""
    assert (tmp_path / "new" / "a.prom").exists()
    (tmp_path / "file").write_text("")
    bad = job(prometheus=str(tmp_path / "file" / "a.prom"))
    assert str(tmp_path / "file") in metrics.write(bad, ended=1.0, took_s=0.0, code=0)


@pytest.mark.parametrize(
    ("when", "code", "before", "expected"),
    [
        ("trouble", 2, 0, True),
        ("trouble", 0, 0, False),
        ("trouble", 0, None, False),
        ("trouble", 0, 2, True),
        ("always", 0, 0, True),
    ],
)
def test_people_hear_of_trouble_and_of_its_end(when, code, before, expected) -> None:
    """Or of every run, where the job says so."""
    one = job(notify=("oncall",), notify_when=when)
    assert notify.wanted(one, code, before) is expected
    assert not notify.wanted(job(), 2, 0)


def test_people_are_told_by_url(inbox) -> None:
    """Through Apprise, with subject and text."""
    address, came = inbox
    assert notify.tell([f"json://{address}/"], "Subject", "Text", good=False) == ""
    (message,) = came
    assert (message["title"], message["message"]) == ("Subject", "Text")
    assert message["type"] == "warning"


def test_people_are_told_by_tag(inbox) -> None:
    """Apprise's own files say who that is; others in them hear nothing."""
    address, came = inbox
    Path.home().joinpath(".apprise.yml").write_text(
        f"urls:\n  - json://{address}/a:\n      tag: oncall\n"
        f"  - json://{address}/b:\n      tag: others\n"
    )
    assert notify.tell(["oncall"], "S", "T", good=True) == ""
    assert len(came) == 1
    assert "no such tag" in notify.tell(["nobody"], "S", "T", good=True)
    assert len(came) == 1


def test_a_url_that_fails_is_told_without_its_secret(inbox) -> None:
    """Only its scheme: the rest may be a password."""
    said = notify.tell(["json://user:hunter2@127.0.0.1:1/"], "S", "T", good=True)
    assert said == "json:// could not be told"
    assert "is no URL" in notify.tell(["nosuch://hunter2"], "S", "T", good=True)


def test_what_is_told() -> None:
    """What the job is, why it ended so in both languages, and where to read on."""
    note = Text("its window is closed", "sa fenêtre est fermée")
    text = ended_text(job(), Done(5, "20261124T000000Z-abc", note=note))
    assert "its window is closed\nsa fenêtre est fermée\n" in text
    assert text.endswith("escalade show 20261124T000000Z-abc")
    assert ended_title(job(), 5) == "Escalade job: it was refused (5)"
