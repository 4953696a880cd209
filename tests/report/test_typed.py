"""What a remedy's steps come to: lines that work from any folder, or words."""

from __future__ import annotations

import pytest

from escalade.model import Node
from escalade.model import ServiceState
from escalade.report.look import Look
from escalade.report.typed import Act
from escalade.report.typed import home_of
from escalade.report.typed import typed

NODE = Node("localhost", "shop", "db")
UP = "-p shop up -d --force-recreate --no-deps db"


def row(node=NODE, **over) -> ServiceState:
    """Return a row of the board."""
    return ServiceState(node, "shop-db-1", "running", None, "ok", **over)


@pytest.mark.parametrize(
    ("files", "folder", "options"),
    [
        (("/srv/shop/compose.yaml",), "/srv/shop", "-f /srv/shop/compose.yaml "),
        (("/srv/a.yaml", "/srv/b.yaml"), "/srv", "-f /srv/a.yaml -f /srv/b.yaml "),
        (
            ("/etc/my shop.yaml",),
            "/srv",
            "--project-directory /srv -f '/etc/my shop.yaml' ",
        ),
        ((), "/srv", ""),
    ],
)
def test_a_project_is_found_from_any_folder(files, folder, options) -> None:
    """`up` names the files that made the container, quoted for a shell."""
    act = typed("recreate db", NODE, Look(), row(files=files, folder=folder))
    assert act == Act(f"docker compose {options}{UP}")


def test_another_host_runs_the_same_line() -> None:
    """What is quoted reaches the other host quoted."""
    node = Node("web1", "shop", "db")
    assert typed("start db", node, Look()).text == (
        "ssh web1 docker compose -p shop start db"
    )
    home = row(node, files=("/my shop/compose.yaml",), folder="/my shop")
    assert typed("recreate db", node, Look(), home).text == (
        """ssh web1 'docker compose -f '"'"'/my shop/compose.yaml'"'"' """ + UP + "'"
    )


def test_networks_are_listed_by_project() -> None:
    """No network's name is guessed."""
    act = typed("network db", NODE, Look())
    assert act.text == (
        "docker network ls --filter label=com.docker.compose.project=shop"
    )


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "hand off to on-call"), ("fr", "relais à l'astreinte")]
)
def test_a_hand_off_is_no_command(lang, words) -> None:
    """A hand-off is told in words, in the reader's language."""
    act = typed("handoff --to on-call", NODE, Look(lang=lang))
    assert not act.command
    assert words in act.text


def test_a_container_of_no_project() -> None:
    """Without a project, the Engine itself is asked, and nothing can be made anew."""
    node = Node("localhost", None, "lonely")
    assert typed("restart lonely", node, Look()) == Act("docker restart lonely")
    assert not typed("recreate lonely", node, Look()).command


def test_a_service_without_container_has_its_stack_s_files(cases) -> None:
    """Where no container tells the files, another one of the stack does."""
    from dataclasses import replace

    base = cases["one-root"]()
    lost, other, *rest = base.services
    known = replace(other, files=("/srv/compose.yaml",))
    told = replace(base, services=(lost, known, *rest))
    assert home_of(told, lost.node) == known
    assert home_of(base, lost.node) == lost


def test_markdown_says_what_the_terminal_says(cases) -> None:
    """A ticket has the same lines to type, and no task that does not exist."""
    from escalade import paths
    from escalade.report.markdown import render

    text = render(cases["one-root"](), paths.templates(), lang="en")
    assert "`docker compose -p eloquence restart redis`" in text
    assert "invoke restart" not in text
