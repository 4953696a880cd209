"""Patterns: which hosts `--limit` picks, and what it says of a slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.errors import UsageError
from escalade.inventory import Inventory
from escalade.inventory import load
from escalade.inventory import select

TEXT = """
web: {hosts: {web1: , web2: , web10: }}
db: {hosts: {db1: , web2: }}
prod: {children: {web: }}
six: {hosts: {"2001:db8::1": }}
none:
all: {hosts: {lonely.example.org: }}
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    """Return a few hosts in a few groups."""
    path = tmp_path / "hosts.yaml"
    path.write_text(TEXT)
    return load([path])


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ([], "web1 web2 web10 db1 2001:db8::1 lonely.example.org"),
        (["all"], "web1 web2 web10 db1 2001:db8::1 lonely.example.org"),
        (["*"], "web1 web2 web10 db1 2001:db8::1 lonely.example.org"),
        (["web1"], "web1"),
        (["web"], "web1 web2 web10"),
        (["prod"], "web1 web2 web10"),
        (["db1,web1"], "web1 db1"),
        (["db1:web1"], "web1 db1"),
        (["db1", "web1"], "web1 db1"),
        (["web:!web2"], "web1 web10"),
        (["web", "!web2"], "web1 web10"),
        (["!web2:web"], "web1 web10"),
        (["web:&db"], "web2"),
        (["&db"], "db1 web2"),
        (["!web"], "db1 2001:db8::1 lonely.example.org"),
        (["web:db:&prod:!web2"], "web1 web10"),
        (["web?"], "web1 web2"),
        (["web[12x]"], "web1 web2"),
        (["lonely.example.or[0g]"], "lonely.example.org"),
        (["none", "web1"], "web1"),
        (["web:!none"], "web1 web2 web10"),
        (["w*:!*0"], "web1 web2"),
        (["d*"], "db1 web2"),
        (["*.example.org"], "lonely.example.org"),
        (["~web\\d{2}"], "web10"),
        (["~(db|lonely).*"], "web2 db1 lonely.example.org"),
        (["~web\\d+:!web2"], "web1 web10"),
        (["~web\\d+$:!web2:db1"], "web1 web10 db1"),
        (["~web1[0-3]:db"], "web2 web10 db1"),
        (["db:~web1.*"], "web1 web2 web10 db1"),
        (["web:!~web[12]$"], "web10"),
        (["~web.*:&~d[^:]"], "web2"),
        (["~(?:web1|db1)$"], "web1 db1"),
        (["~(?:web1|db)\\d*:!~(?:db1)"], "web1 web2 web10"),
        (["~2001:db8::."], "2001:db8::1"),
        (["!~2001:db8::.", "six:db"], "web2 db1"),
        (["web[0]"], "web1"),
        (["web[-1]"], "web10"),
        (["web[1:]"], "web2 web10"),
        (["web[0:1]"], "web1 web2"),
        (["2001:db8::1"], "2001:db8::1"),
        (["!2001:db8::1", "six:db"], "web2 db1"),
        ([" web1 , db1 "], "web1 db1"),
        (["ungrouped"], "lonely.example.org"),
        (["localhost"], "localhost"),
        (["::1"], "localhost"),
    ],
)
def test_patterns_pick_as_ansible_does(
    inventory: Inventory, patterns: list[str], names: str
) -> None:
    """In the inventory's order, whatever the pattern's."""
    chosen = {host.name for host in select(inventory, patterns)}
    assert chosen == set(names.split())
    order = [host.name for host in select(inventory, patterns)]
    assert order == sorted(order, key=[*inventory.hosts, "localhost"].index)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("wbe1", "no host or group matches 'wbe1' (did you mean 'web1'?)"),
        ("web:!wbe2", "no host or group matches 'wbe2' (did you mean 'web2'?)"),
        ("web:&dbs", "no host or group matches 'dbs' (did you mean 'db'?)"),
        ("zzz*", "no host or group matches 'zzz*'"),
        ("web[7]", "no host or group matches 'web[7]' (did you mean 'web"),
        ("web[12]", "no host or group matches 'web[12]' (did you mean 'web"),
        ("none", "the pattern 'none' leaves no host"),
        ("web:!web", "the pattern 'web:!web' leaves no host"),
        ("web1:&db1", "the pattern 'web1:&db1' leaves no host"),
        ("a,!", "an empty part in the pattern 'a,!'"),
        ("~((", "not a regular expression: '(('"),
        ("~wbe:web1", "no host or group matches '~wbe'"),
    ],
)
def test_a_pattern_that_picks_nothing_is_an_error(
    inventory: Inventory, pattern: str, said: str
) -> None:
    """Also where only an exclusion is misspelt: that would be the dangerous slip."""
    with pytest.raises(UsageError) as refused:
        select(inventory, [pattern])
    assert str(refused.value).startswith(said)


def test_a_file_names_no_other_file(tmp_path: Path, inventory: Inventory) -> None:
    """Not even itself."""
    path = tmp_path / "left"
    path.write_text(f"web1\n@{path}\n")
    with pytest.raises(UsageError, match=rf"^@{path}:2: no host or group matches '@"):
        select(inventory, [f"@{path}"])
