"""What a run keeps for people: texts and files without secrets, within their bounds."""

from __future__ import annotations

import gzip
import io
import json
import resource
import stat
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.collect import COLLECTS
from escalade.collect import Collector
from escalade.collect import Deed
from escalade.collect import Story
from escalade.collect import read_inspects
from escalade.collect import save_before
from escalade.collect.bundle import bundle_of
from escalade.collect.folder import Folder
from escalade.collect.folder import cut
from escalade.collect.folder import safe_name
from escalade.collect.records import record_text
from escalade.collect.records import redactor_of
from escalade.evidence.codec import load
from escalade.model import Cite
from escalade.model import Node
from escalade.model import args_of
from escalade.plans import Action
from escalade.plans import Collect
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.redact import Redactor
from escalade.text import Text
from tests.remedy.scenes import HOST
from tests.remedy.scenes import recorded
from tests.remedy.scenes import snapshot

STACK = "eloquence"
REDIS = Node(HOST, STACK, "redis")
SECRET = "kQ7w9XvT2mLp4RzN"
INSPECT = {
    "Id": "1" * 64,
    "State": {"Status": "running"},
    "Config": {
        "Env": [f"REDIS_PASSWORD={SECRET}", "MODE=a", "EMPTY="],
        "Cmd": ["redis-server", "--requirepass", SECRET],
        "Labels": {"note": f"the password is {SECRET}"},
        "Healthcheck": {"Test": ["CMD", "redis-cli", "-a", SECRET, "ping"]},
    },
    "HostConfig": {"Memory": 7},
}
STORY = Story(
    run="R1",
    title=Text("Redis holds *another* password", "Redis a un *autre* mot de passe"),
    node=REDIS,
    symptom="redis.denied",
    why=(Cite("log", "redis", 1_795_550_400.0, "NOAUTH `x` {{ 7 * 7 }}"),),
    advice=Text(
        "Set `requirepass` in redis.conf.", "Fixez `requirepass` dans redis.conf."
    ),
    level=3,
    done=(
        Deed(HOST, "docker restart eloquence-redis-1", Ended.DONE),
        Deed(HOST, "docker compose build redis", Ended.FAILED, "exit 1", level=2),
    ),
    outcome=Outcome.PERSISTS,
    reason=Text("a restart changes no key", "un redémarrage ne change aucune clé"),
    since=1_795_550_400.0,
    explains=("livekit-server",),
    kept=("1.1-logs.txt",),
    plan={"digest": "abc", "why": f"password={SECRET}"},
    events=({"kind": "did", "output": f"password={SECRET}"},),
    inspects={"eloquence-redis-1": INSPECT},
)


def collect(folder: Path, what: str, *, lang="en", case="healthy", **args):
    """Collect one thing of a recorded incident."""
    act = Action(HOST, what, REDIS, Collect(what, args_of(args)), "x", id="1.2.3")
    return Collector(folder, lang).collect(
        act, snapshot=snapshot(case), scene=recorded(case), story=STORY
    )


# ---------------------------------------------------------------------------- texts


def test_each_collection_is_a_text_and_a_file_of_its_owner(tmp_path: Path) -> None:
    """Named after its action; nobody else may read it."""
    for what in COLLECTS:
        kept = collect(tmp_path / "run", what)
        (name,) = kept.files
        assert name.startswith(f"1.2.3-{what}.")
        file = tmp_path / "run" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert kept.text
        assert not kept.trouble
        if what != "bundle":
            assert file.read_text() == kept.text


def test_logs_are_the_last_lines_of_the_service(tmp_path: Path) -> None:
    """As many as were asked for, and no other service's."""
    text = collect(tmp_path, "logs", lines=3).text
    assert len(text.splitlines()) == 3
    assert "Ready to accept connections" in collect(tmp_path, "logs", lines=400).text


def test_a_network_says_who_reaches_whom(tmp_path: Path) -> None:
    """Networks, ports as seen from the host, edges as seen from inside; in French, too."""
    text = collect(tmp_path, "network", case="lk-05").text
    assert "eloquence_default" in text
    assert "refused" in text
    assert "LIVEKIT_URL" in text
    french = collect(tmp_path, "network", case="lk-05", lang="fr").text
    assert "Qui appelle qui, vu de l'intérieur" in french


def test_resources_are_those_of_the_host(tmp_path: Path) -> None:
    """Memory, disks, and the state of every container."""
    text = collect(tmp_path, "resources").text
    assert "memory free" in text
    assert "eloquence-redis-1" in text


def test_nothing_else_can_be_collected(tmp_path: Path) -> None:
    """That is a mistake of ours."""
    with pytest.raises(ValueError, match="nothing to collect"):
        collect(tmp_path, "dreams")


def test_a_disk_that_is_full_loses_the_file_and_not_the_text(tmp_path: Path) -> None:
    """What went wrong is told in one line."""
    (tmp_path / "run").write_text("a file where the folder should be")
    kept = collect(tmp_path / "run", "logs")
    assert kept.text
    assert kept.files == ()
    assert "run" in kept.trouble


# -------------------------------------------------------------------------- handoff


def test_a_handoff_says_cause_deeds_evidence_and_advice(tmp_path: Path) -> None:
    """All that the next person needs, in the order in which it is needed."""
    page = "https://redis.io/docs/latest/operate/"
    text = collect(tmp_path, "handoff", to="web team", see=(page,)).text
    order = [
        "# Hand-off: Redis holds \\*another\\* password",
        "**web team**",
        "## Cause",
        "It also stops: livekit-server",
        "Why you: a restart changes no key",
        "## What to do",
        "requirepass",
        "`invoke diagnose --limit localhost --stack eloquence`",
        "## What was done",
        "1. `docker restart eloquence-redis-1` on localhost (level 1): done",
        "2. `docker compose build redis` on localhost (level 2): failed, exit 1",
        "it is still there",
        "## Evidence",
        "`NOAUTH 'x' {{ 7 * 7 }}`",
        f"- <{page}>",
        "- `1.1-logs.txt`",
    ]
    places = [text.find(each) for each in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_a_handoff_in_french(tmp_path: Path) -> None:
    """Headings, endings and the texts of the story."""
    text = collect(tmp_path, "handoff", lang="fr").text
    for each in ("# Passage de relais : Redis", "## Ce qu'il faut faire", "a échoué"):
        assert each in text
    assert "What" not in text


def test_a_handoff_without_advice_or_deeds_says_so(tmp_path: Path) -> None:
    """Nothing is left to be guessed."""
    bare = replace(STORY, advice=None, done=(), why=(), outcome=None)
    act = Action(HOST, "handoff", REDIS, Collect("handoff"), "x", id="1")
    text = (
        Collector(tmp_path, "en")
        .collect(
            act, snapshot=snapshot("healthy"), scene=recorded("healthy"), story=bare
        )
        .text
    )
    for each in ("No exact edit is known", "nothing was changed", "none was recorded"):
        assert each in text


def test_a_handoff_quotes_what_the_service_wrote_last(tmp_path: Path) -> None:
    """Its own last words, whether or not a finding cites them; no other service's."""
    text = collect(tmp_path, "handoff").text
    quoted = text.partition("The last lines of its log:")[2].partition("\n## ")[0]
    assert "Ready to accept connections" in quoted
    assert 1 <= quoted.count("- `") <= 8
    assert "Les dernières lignes" in collect(tmp_path, "handoff", lang="fr").text


def test_a_handoff_of_a_place_that_wrote_nothing_quotes_nothing(tmp_path: Path) -> None:
    """A stack is no service: its message has no such heading."""
    story = replace(STORY, node=Node(HOST, STACK))
    act = Action(HOST, "handoff", story.node, Collect("handoff"), "x", id="1")
    kept = Collector(tmp_path, "en").collect(
        act, snapshot=snapshot("healthy"), scene=recorded("healthy"), story=story
    )
    assert "last lines" not in kept.text


def test_a_page_that_is_no_web_address_is_no_link(tmp_path: Path) -> None:
    """Nothing that a click would run."""
    text = collect(tmp_path, "handoff", see=("javascript:x", "https://a b")).text
    assert "<javascript" not in text
    assert "<https://a b>" not in text


# --------------------------------------------------------------------------- bundle


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files of a bundle."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            member.name.removeprefix("escalade-bundle/"): archive.extractfile(
                member
            ).read()
            for member in archive.getmembers()
        }


def test_a_bundle_holds_all_that_is_known() -> None:
    """Evidence that can be judged anywhere, logs, records, plan, events, a README."""
    made = bundle_of(
        snapshot("healthy"), STORY, redactor=redactor_of([INSPECT]), lang="en"
    )
    files = unpacked(made.data)
    assert set(files) == set(made.names)
    assert {"README.md", "evidence.jsonl", "plan.json", "events.jsonl"} <= set(files)
    assert {"logs/eloquence-redis-1.txt", "inspect/eloquence-redis-1.json"} <= set(
        files
    )
    seen = load(files["evidence.jsonl"].decode().splitlines(), "evidence.jsonl")
    assert len(seen.evidence) > 50
    assert json.loads(files["inspect/eloquence-redis-1.json"])["HostConfig"] == {
        "Memory": 7
    }
    assert made.short == ()


def test_no_secret_is_in_a_bundle(tmp_path: Path) -> None:
    """Whatever it was found in: variables, command lines, labels, plan, events."""
    kept = collect(tmp_path, "bundle")
    raw = (tmp_path / kept.files[0]).read_bytes()
    assert SECRET.encode() not in gzip.decompress(raw)
    assert SECRET not in kept.text


def test_a_bundle_keeps_to_its_size() -> None:
    """What does not fit is cut or left out, and the README says what."""
    made = bundle_of(
        snapshot("healthy"), STORY, redactor=Redactor((), b""), lang="en", most=20_000
    )
    assert len(made.data) <= 20_000
    assert made.short
    about = unpacked(made.data)["README.md"].decode()
    assert made.short[0] in about


def test_a_bundle_is_the_same_each_time() -> None:
    """One snapshot and one story make the same bytes."""
    args = {"redactor": Redactor((), b""), "lang": "fr"}
    first = bundle_of(snapshot("healthy"), STORY, **args)
    assert first.data == bundle_of(snapshot("healthy"), STORY, **args).data


# ------------------------------------------------------------------- evidence first


def test_before_anything_is_touched_it_is_kept(tmp_path: Path) -> None:
    """Logs, record, ports and resources, each in a file of its own."""
    inspects = {(HOST, "eloquence-redis-1"): INSPECT}
    names = save_before(tmp_path, snapshot("healthy"), [REDIS], inspects)
    assert set(names) == {
        "before/localhost-eloquence-redis-1-inspect.json",
        "before/localhost-eloquence-ports.txt",
        "before/localhost-redis-logs.txt",
        "before/localhost-resources.txt",
    }
    whole = b"".join((tmp_path / name).read_bytes() for name in names)
    assert SECRET.encode() not in whole
    assert b'"variable": "REDIS_PASSWORD"' in whole


def test_what_is_kept_before_keeps_to_its_size(tmp_path: Path) -> None:
    """A record is whole or not there; of a log the end is kept."""
    inspects = {(HOST, "eloquence-redis-1"): {**INSPECT, "Big": "x" * 9000}}
    names = save_before(tmp_path, snapshot("healthy"), [REDIS], inspects, most=4000)
    sizes = {name: (tmp_path / name).stat().st_size for name in names}
    assert sum(sizes.values()) <= 4000
    (record,) = [name for name in names if name.endswith(".json")]
    assert "left out" in json.loads((tmp_path / record).read_text())


def test_where_nothing_can_be_kept_nothing_should_be_touched(tmp_path: Path) -> None:
    """The failure is raised, not swallowed."""
    (tmp_path / "run").write_text("")
    with pytest.raises(OSError, match="run"):
        save_before(tmp_path / "run", snapshot("healthy"), [REDIS], {})


@pytest.mark.engine
def test_records_are_read_from_the_engine() -> None:
    """One that is not there is left out."""
    from escalade.model import Host
    from escalade.transport.engine_api import EngineApi
    from escalade.transport.local import LocalTransport
    from tests.remedy.performing import docker
    from tests.remedy.performing import remove

    name = "esc-more-record"
    remove(name)
    docker("create", "--name", name, "escalade-bed/redis:1")
    engine = EngineApi(LocalTransport(Host(HOST)))
    try:
        found = read_inspects(engine, HOST, [name, "esc-more-no-such"])
    finally:
        engine.close()
        remove(name)
    assert set(found) == {(HOST, name)}
    assert found[HOST, name]["State"]["Status"] == "created"


# --------------------------------------------------------------------------- pieces


def test_a_record_keeps_what_is_no_secret() -> None:
    """Of variables names and lengths, of command lines the rest."""
    record = json.loads(record_text(INSPECT, redactor_of([INSPECT])))
    config = record["Config"]
    assert config["Env"] == [
        {"variable": "REDIS_PASSWORD", "length": 16},
        {"variable": "MODE", "length": 1},
        {"variable": "EMPTY", "length": 0},
    ]
    assert config["Cmd"][0].startswith("redis-server --requirepass '[redacted]'")
    assert SECRET not in json.dumps(record)


def test_a_cut_says_what_is_missing() -> None:
    """At a line, at either end."""
    data = b"".join(b"line %d\n" % n for n in range(100))
    head, tail = cut(data, 200), cut(data, 200, end=True)
    assert len(head) <= 200
    assert len(tail) <= 200
    assert head.startswith(b"line 0\n")
    assert head.rstrip().endswith(b"bytes left out]")
    assert tail.endswith(b"line 99\n")
    assert tail.startswith(b"[")
    assert cut(b"short", 200) == b"short"


@pytest.mark.parametrize(
    ("text", "name"),
    [("a/b", "a-b"), ("../../x", "x"), ("", "x"), ("é", "x"), ("1.2.3", "1.2.3")],
)
def test_names_of_files(text, name) -> None:
    """No name of a container leaves the folder."""
    assert safe_name(text) == name


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A file is put in the place of a link, never through it."""
    (tmp_path / "target").write_text("mine")
    (tmp_path / "a.txt").symlink_to(tmp_path / "target")
    Folder(tmp_path, 100).write("a.txt", b"new")
    assert (tmp_path / "target").read_text() == "mine"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Also where the write itself failed, which knows no name (a full disk)."""
    full = tmp_path / "page"
    full.mkdir()
    folder = Folder(full, 10**6)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="page") as error:
            folder.write("before.jsonl", b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error.value.filename == str(full / "before.jsonl")
    assert list(full.iterdir()) == []
