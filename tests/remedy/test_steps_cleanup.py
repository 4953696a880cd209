"""cleanup: what may go, what never does, and what is removed on a real Engine."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalade.model import Status
from escalade.plans import Ended
from escalade.plans import Risk
from escalade.remedy.step import CannotError
from escalade.remedy.steps.cleanup import bytes_of
from tests.remedy.more import healthy
from tests.remedy.more import leftover
from tests.remedy.more import look
from tests.remedy.more import piece
from tests.remedy.performing import docker
from tests.remedy.performing import remove
from tests.remedy.scenes import actions
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import commands
from tests.remedy.scenes import scene_of
from tests.remedy.scenes import snapshot
from tests.remedy.scenes import without

NOW = snapshot("healthy").recorded
DAY = 86_400.0


def planned(*records: dict, **args: object) -> list[str]:
    """Return what a clean-up would do with these leftovers."""
    return commands(healthy(piece("leftovers", *records)), "cleanup", **args)


BOX = leftover("container", name="old", size=2_500_000, since=NOW - DAY)
MINE = leftover("container", name="x", stack="eloquence", service="redis")
GONE = leftover("container", name="y", stack="eloquence", service="no-more")
ONCE = leftover("container", name="z", stack="eloquence", service="redis", oneoff=True)
OTHER = leftover("container", name="w", stack="elsewhere", service="db")
NONE = leftover("image", id="sha256:" + "a" * 64, size=5, since=NOW - 2 * DAY)
NAMED = leftover(
    "image", id="sha256:" + "c" * 64, tags=("a:1", "b:1"), size=139_200_000
)
KEPT = leftover("image", id="sha256:" + "d" * 64, tags=("a:escalade-rollback-1",))
MEANT = leftover("image", id="sha256:" + "e" * 64, tags=("escalade-bed/redis:1",))
CACHE = leftover("cache", id="1", size=1000, since=NOW - DAY)
VOLUME = leftover(
    "volume", name="data", mountpoint="/var/lib/docker/volumes/data/_data"
)


def test_each_thing_is_an_action_that_says_what_it_frees() -> None:
    """Stopped containers, dangling images, build cache: with their own commands."""
    scene = healthy(piece("leftovers", BOX, NONE, NAMED, CACHE, VOLUME))
    box, image, cache = actions(scene, "cleanup")
    assert [a.command for a in (box, image, cache)] == [
        "docker rm old",
        "docker rmi aaaaaaaaaaaa",
        "docker builder prune -f",
    ]
    assert [a.risk for a in (box, image, cache)] == [
        Risk.DESTRUCTIVE,
        Risk.SAFE,
        Risk.SAFE,
    ]
    assert "2.5MB" in box.why.en
    assert "1kB" in cache.why.fr
    assert [node.service for node in box.touches] == ["old"]


def test_a_declared_service_keeps_its_container() -> None:
    """Of a stack whose files were not read nothing is known, so all is kept."""
    assert planned(MINE, GONE, ONCE, OTHER, containers=True) == [
        "docker rm y",
        "docker rm z",
    ]
    blind = without(snapshot("healthy"), "compose")
    assert commands(
        scene_of(
            type(blind)(
                blind.recorded,
                blind.mode,
                blind.hosts,
                (*blind.evidence, piece("leftovers", MINE, GONE, OTHER, ONCE)),
            )
        ),
        "cleanup",
        containers=True,
    ) == ["docker rm z"]


def test_what_is_in_use_stays() -> None:
    """And so does what may be in use: not known is not idle."""
    used = [{**each, "in_use": True} for each in (BOX, NONE, NAMED, CACHE)]
    unknown = [{**each, "in_use": None} for each in (BOX, NONE, NAMED, CACHE)]
    assert planned(*used, all=True, containers=True, cache=True) == []
    assert planned(*unknown, all=True, containers=True, cache=True) == []


def test_named_images_go_only_with_all() -> None:
    """Never one that a rollback needs, nor one that a service declares."""
    assert planned(NAMED, KEPT, MEANT, NONE, images=True) == ["docker rmi aaaaaaaaaaaa"]
    scene = healthy(piece("leftovers", NAMED, KEPT, MEANT))
    todo = actions(scene, "cleanup", all=True)
    assert [a.command for a in todo] == ["docker rmi a:1", "docker rmi b:1"]
    assert {a.risk for a in todo} == {Risk.DISRUPTIVE}
    assert "139.2MB" in todo[1].why.en


def test_only_what_is_old_enough_goes() -> None:
    """What nobody knows the age of stays."""
    unknown = leftover("container", name="v")
    assert planned(BOX, NONE, unknown, older="36h", containers=True, images=True) == [
        "docker rmi aaaaaaaaaaaa"
    ]
    assert planned(CACHE, older="12h", cache=True) == [
        "docker builder prune -f --filter until=43200s"
    ]


@pytest.mark.parametrize("word", ["soon", "5", "10MB"])
def test_an_age_is_a_duration(word) -> None:
    """Anything else is told, with an example."""
    with pytest.raises(CannotError, match="such as 24h"):
        planned(BOX, older=word)


def test_a_volume_goes_only_by_its_name_and_after_its_backup() -> None:
    """Two actions: the backup is safe and always made anew, the removal destructive."""
    scene = healthy(piece("leftovers", VOLUME, BOX))
    save, gone = actions(scene, "cleanup", volume=("data",))
    to = "/var/lib/escalade/backups/data.tar.gz"
    assert save.command == f"tar -C /var/lib/docker/volumes/data/_data -czf {to} ."
    assert (save.risk, save.always) == (Risk.SAFE, True)
    assert (save.after[0].of, save.after[0].target) == ("path", (to,))
    assert gone.command == f"test -s {to} && docker volume rm data"
    assert gone.risk is Risk.DESTRUCTIVE
    assert gone.touches == ()
    assert "tar -C" in gone.undo


@pytest.mark.parametrize(
    ("record", "name", "told"),
    [
        (VOLUME, "dat", "no volume 'dat'.*did you mean 'data'"),
        ({**VOLUME, "in_use": True}, "data", "cannot go"),
        ({**VOLUME, "mountpoint": None}, "data", "no disk of this host"),
        (VOLUME, "../data", "no volume"),
    ],
)
def test_a_volume_that_cannot_go(record, name, told) -> None:
    """Used, elsewhere, or not there: told before anything ran."""
    with pytest.raises(CannotError, match=told):
        planned(record, volume=(name,))


def test_a_backup_has_a_whole_path() -> None:
    """A relative one would lie wherever the command happens to run."""
    with pytest.raises(CannotError, match="whole path"):
        planned(VOLUME, volume=("data",), backup="backups")


def test_nothing_goes_where_nobody_looked() -> None:
    """Without the Engine's word on what it holds there is no plan."""
    late = piece("leftovers", status=Status.TIMEOUT, reason="no answer in 6 s")
    with pytest.raises(CannotError, match="no answer in 6 s"):
        commands(healthy(late), "cleanup")
    with pytest.raises(CannotError, match="nobody asked"):
        commands(healthy(), "cleanup")


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0B"), (999, "999B"), (1000, "1kB"), (139_200_000, "139.2MB"), (2e9, "2GB")],
)
def test_sizes(size, told) -> None:
    """As `docker system df` writes them."""
    assert bytes_of(size) == told


# -------------------------------------------------------------------- what is done


@pytest.fixture
def rest() -> Iterator[str]:
    """Give the name of a stopped container, an image and a volume that nobody needs."""
    name = "esc-more-rest"
    remove(name)
    docker("run", "--name", name, "--entrypoint", "true", "escalade-bed/redis:1")
    docker("tag", "escalade-bed/redis:1", f"{name}:escalade-rollback")
    docker("volume", "create", name)
    docker(
        *("run", "--rm", "-u", "0", "-v", f"{name}:/to", "--entrypoint", "sh"),
        *("escalade-bed/redis:1", "-c", "echo precious > /to/file"),
    )
    yield name
    remove(name)
    docker("rmi", f"{name}:escalade-rollback")
    if name in docker("volume", "ls", "-q").split():
        docker("volume", "rm", name)


@pytest.mark.engine
def test_a_stopped_container_goes(rest: str) -> None:
    """It is one of many here: only its own action is carried out."""
    scene = look("esc-more-none", "leftovers")
    todo = actions_of(scene, containers=True)
    mine = [act for act in todo if act.command == f"docker rm {rest}"]
    assert [did.ended for did in carried_out(mine)] == [Ended.DONE]
    assert rest not in docker("ps", "-a", "--format", "{{.Names}}").split()
    assert [did.ended for did in carried_out(mine)] == [Ended.SKIPPED]


@pytest.mark.engine
def test_running_containers_and_rollbacks_are_not_in_the_plan(rest: str) -> None:
    """On the real Engine, with a whole stack beside."""
    told = [
        a.command for a in actions_of(look("x", "leftovers"), all=True, containers=True)
    ]
    running = docker("ps", "--format", "{{.Names}}").split()
    assert not {f"docker rm {name}" for name in running} & set(told)
    assert f"docker rmi {rest}:escalade-rollback" not in told


@pytest.mark.engine
def test_a_volume_is_backed_up_and_removed(rest: str, tmp_path: Path) -> None:
    """What it held can be had from the backup."""
    scene = look("esc-more-none", "leftovers")
    todo = actions_of(scene, volume=(rest,), backup=str(tmp_path))
    ended = carried_out(todo)
    assert [did.ended for did in ended] == [Ended.DONE, Ended.DONE], ended
    assert rest not in docker("volume", "ls", "-q").split()
    with tarfile.open(tmp_path / f"{rest}.tar.gz") as archive:
        assert archive.extractfile("./file").read() == b"precious\n"


@pytest.mark.engine
def test_a_volume_that_changed_after_its_backup_stays(
    rest: str, tmp_path: Path
) -> None:
    """A backup of an earlier state is none, and it is put aside when one is made anew."""
    scene = look("esc-more-none", "leftovers")
    save, gone = actions_of(scene, volume=(rest,), backup=str(tmp_path))
    carried_out([save])
    docker(
        *("run", "--rm", "-u", "0", "-v", f"{rest}:/to", "--entrypoint", "sh"),
        *("escalade-bed/redis:1", "-c", "sleep 0.1; echo more > /to/file"),
    )
    (did,) = carried_out([gone])
    assert did.ended is Ended.FAILED
    assert "changed after the backup" in did.output
    assert rest in docker("volume", "ls", "-q").split()
    carried_out([save])
    assert len(list(tmp_path.iterdir())) == 2


def actions_of(scene, **args: object):
    """Return what a clean-up of the host would do."""
    from escalade.model import Node
    from escalade.remedy.catalog import steps

    kind = steps()["cleanup"]
    whole = {name: one.default for name, one in kind.arguments.items()} | args
    return list(kind.actions(scene, Node(scene.host), whole))
