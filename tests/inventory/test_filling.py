"""Templates in the variables that say how to connect."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from escalade.errors import InventoryError
from escalade.inventory import Inventory
from escalade.inventory import load
from escalade.inventory import select
from escalade.model import Status
from escalade.transport.base import Tcp
from escalade.transport.base import Trouble
from escalade.transport.factory import open_for
from escalade.transport.outputs import drain
from escalade.transport.unmade import Unmade

TEXT = """
all:
  vars:
    domain: example.org
    sites: {paris: {net: 192.0.2, last: "{{ number }}"}}
    ports: [22, "{{ base }}22"]
    base: 22
    ansible_user: %s
  children:
    gates: {hosts: {gate.example.org: {ansible_host: 198.51.100.1, ansible_user: u}}}
    web: {hosts: {web1.dc: {number: 7, site: paris}}}
"""


def inventory(folder: Path, template: str) -> Inventory:
    """Return hosts whose user is a template."""
    path = folder / "hosts.yml"
    path.write_text(TEXT % template)
    return load([path], here=folder)


@pytest.mark.parametrize(
    ("template", "user"),
    [
        ('"{{ inventory_hostname }}"', "web1.dc"),
        ('"{{ inventory_hostname_short }}.{{ domain }}"', "web1.example.org"),
        ('"{{ sites[site].net }}.{{ sites.paris.last }}"', "192.0.2.7"),
        ('"{{ ports[1] }}-{{ ports | length }}"', "2222-2"),
        ('"{{ groups.gates[0] }}"', "gate.example.org"),
        ("\"{{ hostvars[groups['gates'][0]].ansible_host }}\"", "198.51.100.1"),
        ("\"{{ hostvars['gate.example.org']['ansible_user'] }}\"", "u"),
        ("\"{{ group_names | join('+') }}\"", "web"),
        ('"{{ nobody | default(domain) }}"', "example.org"),
        ("\"{% if site == 'paris' %}fr{% else %}{{ nobody }}{% endif %}\"", "fr"),
        ("\"{{ (number > 5) | ternary('big', 'small') }}\"", "big"),
        ("\"{{ domain | regex_replace('[.].*', '') | upper }}\"", "EXAMPLE"),
        ("\"{{ lookup('env', 'TEAM') }}\"", "ops"),
        ("!unsafe '{{ x }}'", "{{ x }}"),
        ('"{{ inventory_dir }}"', "{folder}"),
        ('"{{ inventory_file }}"', "{folder}/hosts.yml"),
    ],
)
def test_templates_are_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, user: str
) -> None:
    """With the variables of the host, and what Ansible itself says of it."""
    monkeypatch.setenv("TEAM", "ops")
    made = inventory(tmp_path, template)
    expected = user.replace("{folder}", str(tmp_path))
    assert made.hosts["web1.dc"].user == expected


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ('"{{ nobody }}"', "template: 'nobody' is undefined"),
        ('"{{ sites.london.net }}"', "template: 'escalade"),
        ('"{{ domain | ipaddr }}"', "template: No filter named 'ipaddr'."),
        ('"{{ domain"', "template: unexpected end of template"),
        ('"{{ 1 / 0 }}"', "template: division by zero (ZeroDivisionError)"),
        ('"{{ 10.0 ** 400 }}"', "template: (34, 'Numerical result out of range') ("),
        ('"{{ range(10 ** 9) }}"', "template: Range too big."),
        (
            "\"{{ lookup('pipe', 'id') }}\"",
            "template: only lookup('env', ...) is known",
        ),
        ('"{{ ansible_user }}"', "templates that need each other: ansible_user"),
        ("\"{{ ''.__class__.__mro__ }}\"", "template: access to attribute '__class__'"),
    ],
)
def test_what_cannot_be_filled_is_told_with_its_place(
    tmp_path: Path, template: str, said: str
) -> None:
    """And only for a host that is asked for."""
    made = inventory(tmp_path, template)
    assert made.hosts["gate.example.org"].user == "u"
    assert select(made, ["gates"])
    with pytest.raises(InventoryError) as refused:
        select(made, ["web"])
    text = str(refused.value).removeprefix(f"{tmp_path}/hosts.yml:")
    if "undefined" in said or "each other" in said:
        assert text.startswith(("8:19: ", "8:5: "))
    assert said in text or "has no attribute 'london'" in text


def test_a_host_that_cannot_be_made_ends_nothing(tmp_path: Path) -> None:
    """Beside others it is one that cannot be reached, and why; alone it is an error."""
    made = inventory(tmp_path, '"{{ nobody }}"')
    first, second = select(made, [])
    assert (first.name, first.trouble) == ("gate.example.org", "")
    assert (second.name, second.groups) == ("web1.dc", ("web",))
    place = f"{tmp_path}/hosts.yml:8:19"
    assert second.trouble == f"{place}: template: 'nobody' is undefined"
    with closing(open_for(second)) as transport:
        assert isinstance(transport, Unmade)
        opened = transport.open()
        assert opened.status is Status.UNREACHABLE
        assert (opened.cause, opened.reason) == ("inventory", second.trouble)
        assert transport.run("true", timeout_s=1) == opened
        assert transport.put("/x", b"") == opened
        assert drain(transport.stream("true", timeout_s=1), print) == opened
        trouble = transport.connect(Tcp("localhost", 1), timeout_s=1)
        assert trouble == Trouble("unreachable", second.trouble)


def test_templates_that_need_each_other(tmp_path: Path) -> None:
    """A circle is named, through other hosts too."""
    path = tmp_path / "hosts.yml"
    path.write_text(
        "all:\n  vars: {x: '{{ y }}', y: '{{ z }}', z: '{{ x }}'}\n  hosts:\n"
        "    a: {ansible_host: '{{ x }}'}\n"
        "    b: {ansible_host: '{{ hostvars.c.ansible_host }}'}\n"
        "    c: {ansible_host: '{{ hostvars.b.ansible_host }}'}\n"
    )
    hosts = load([path], here=tmp_path).hosts
    with pytest.raises(InventoryError, match=r"ansible_host -> x -> y -> z -> x"):
        hosts["a"]
    with pytest.raises(InventoryError, match=r"that need each other: ansible_host -> "):
        hosts["b"]


def test_other_variables_are_left_as_they_are(tmp_path: Path) -> None:
    """Whoever uses one decides what it means."""
    made = inventory(tmp_path, '"{{ domain }}"')
    said = made.hosts["web1.dc"].vars
    assert said["ports"] == [22, "{{ base }}22"]
    assert said["ansible_user"] == "{{ domain }}"
