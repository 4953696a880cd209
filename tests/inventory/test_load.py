"""Inventory files in Ansible's YAML: what they say, and how they are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from escalade import paths
from escalade.errors import InventoryError
from escalade.inventory import Inventory
from escalade.inventory import load
from escalade.inventory.vault import Secret
from escalade.model import Host

SRC = Path(__file__).resolve().parents[2] / "src"


def inventory(folder: Path, text: str) -> Inventory:
    """Return what a file with this text says."""
    path = folder / "hosts.yaml"
    path.write_text(text)
    return load([path])


def refusal(folder: Path, text: str) -> str:
    """Return what is said of a broken file, without its folder."""
    with pytest.raises(InventoryError) as refused:
        inventory(folder, text)
    assert "\n" not in str(refused.value)
    return str(refused.value).removeprefix(f"{folder}/")


# ---------------------------------------------------------------------- this machine


def test_no_inventory_is_this_machine() -> None:
    """One host, local."""
    assert load([]).hosts == {"localhost": Host("localhost")}


def test_the_file_that_ships_is_this_machine() -> None:
    """With its comments, from its folder too."""
    assert load([paths.inventory()]) == load([])


@pytest.mark.parametrize("source", ["[]", "[paths.inventory() / 'hosts.yaml']"])
def test_the_usual_start_loads_no_yaml(source: str) -> None:
    """Start-up is part of the product."""
    script = (
        "import sys; from escalade import paths; from escalade.inventory import load; "
        f"load({source}); print('yaml' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def test_a_changed_file_is_read(tmp_path: Path) -> None:
    """One more host, and the text is no longer the one that ships."""
    text = (paths.inventory() / "hosts.yaml").read_text()
    assert list(inventory(tmp_path, f"{text}    web1:\n").hosts) == [
        "localhost",
        "web1",
    ]


# ----------------------------------------------------------------------------- hosts


def test_hosts_groups_and_children(tmp_path: Path) -> None:
    """A group's hosts are its children's too, in the order of the file."""
    made = inventory(
        tmp_path,
        "all:\n  hosts:\n    loose:\n  children:\n    prod:\n      children:\n"
        "        web: {hosts: {web2: , web1: }}\n        db: {hosts: {db1: }}\n",
    )
    assert list(made.hosts) == ["loose", "web2", "web1", "db1"]
    assert made.groups["prod"] == ("web2", "web1", "db1")
    assert made.groups["all"] == tuple(made.hosts)
    assert made.groups["ungrouped"] == ("loose",)
    assert made.hosts["web1"].groups == ("prod", "web")
    assert made.hosts["loose"].groups == ()


def test_groups_need_not_be_under_all(tmp_path: Path) -> None:
    """A top-level group is a child of `all`."""
    made = inventory(tmp_path, "web:\n  hosts: {a: }\ndb:\n  hosts: {b: }\n")
    assert made.groups["all"] == ("a", "b")


def test_variables_of_the_nearest_win(tmp_path: Path) -> None:
    """`all`, then group, then child group, then the host itself."""
    made = inventory(
        tmp_path,
        """
        all:
          vars: {ansible_user: all, ansible_port: 1, x: all, y: all, z: all}
          children:
            outer:
              vars: {ansible_port: 2, x: outer, y: outer}
              children:
                inner:
                  vars: {x: inner, ansible_host: 192.0.2.1}
                  hosts:
                    web1: {ansible_host: 192.0.2.2}
        """,
    )
    host = made.hosts["web1"]
    assert (host.user, host.port, host.address) == ("all", 2, "192.0.2.2")
    assert [host.vars[name] for name in "xyz"] == ["inner", "outer", "all"]


def test_groups_of_one_depth_go_by_name_and_priority(tmp_path: Path) -> None:
    """As in Ansible: the last name wins, unless a priority says otherwise."""
    text = "a: {vars: {x: a%s}, hosts: {h: }}\nb: {vars: {x: b}, hosts: {h: }}\n"
    assert inventory(tmp_path, text % "").hosts["h"].vars["x"] == "b"
    preferred = text % ", ansible_group_priority: 5"
    assert inventory(tmp_path, preferred).hosts["h"].vars["x"] == "a"


def test_connection_variables(tmp_path: Path) -> None:
    """Ansible's names, the older ones too."""
    made = inventory(
        tmp_path,
        "all:\n  hosts:\n"
        "    a: {ansible_host: 192.0.2.1, ansible_port: '2222', ansible_user: u,"
        " ansible_ssh_private_key_file: /k}\n"
        "    b: {ansible_ssh_host: h, ansible_ssh_port: 3, ansible_ssh_user: v}\n"
        "    c: {ansible_connection: local}\n"
        "    localhost: {ansible_host: 192.0.2.9}\n"
        "    d:4444:\n",
    )
    assert made.hosts["a"].identity == "/k"
    where = {
        n: (h.connection, h.address, h.port, h.user) for n, h in made.hosts.items()
    }
    assert where == {
        "a": ("ssh", "192.0.2.1", 2222, "u"),
        "b": ("ssh", "h", 3, "v"),
        "c": ("local", None, None, None),
        "localhost": ("ssh", "192.0.2.9", None, None),
        "d": ("ssh", None, 4444, None),
    }


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "'::1'"])
@pytest.mark.parametrize(
    ("said", "connection"),
    [
        ("", "local"),
        ("ansible_become: true, x: 1", "local"),
        ("ansible_user: ''", "local"),
        ("ansible_connection: local, ansible_port: 2222, ansible_user: u", "local"),
        ("ansible_connection: ssh", "ssh"),
        ("ansible_connection: smart", "ssh"),
        ("ansible_host: 127.0.0.1", "ssh"),
        ("ansible_port: 2222", "ssh"),
        ("ansible_ssh_port: 2222", "ssh"),
        ("ansible_user: u", "ssh"),
        ("ansible_user: '{{ inventory_hostname }}'", "ssh"),
        ("ansible_ssh_private_key_file: k", "ssh"),
        ("ansible_ssh_common_args: -J gate", "ssh"),
        ("ansible_ssh_extra_args: -o Compression=yes", "ssh"),
    ],
)
@pytest.mark.parametrize("place", ["host", "group", "file"])
def test_this_machine_by_ssh(
    tmp_path: Path, name: str, said: str, connection: str, place: str
) -> None:
    """A local name is this machine until anything says how ssh gets there."""
    own, rest = (said, "") if place == "host" else ("", said)
    if place == "file":
        (tmp_path / "group_vars").mkdir()
        (tmp_path / "group_vars/all.yml").write_text(f"{{{said}}}")
        rest = ""
    text = f"all:\n  hosts: {{{name}: {{{own}}}}}\n  vars: {{{rest}}}\n"
    host = inventory(tmp_path, text).hosts[name.strip("'")]
    assert host.connection == connection


def test_a_port_behind_a_local_name(tmp_path: Path) -> None:
    """Is a way there, as in any list of hosts."""
    here = load(["localhost:2222,127.0.0.1,"], here=tmp_path).hosts
    assert (here["localhost"].connection, here["localhost"].port) == ("ssh", 2222)
    assert here["127.0.0.1"].connection == "local"


def test_a_relative_key_lies_beside_the_inventory(tmp_path: Path, home: Path) -> None:
    """And ~ is the home folder."""
    made = inventory(
        tmp_path,
        "all:\n  hosts:\n    a: {ansible_ssh_private_key_file: keys/a}\n"
        "    b: {ansible_ssh_private_key_file: ~/b}\n",
    )
    assert made.hosts["a"].identity == str(tmp_path / "keys" / "a")
    assert made.hosts["b"].identity == str(home / "b")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("-J gate", {"jump": "gate"}),
        ("-Jme@gate:22", {"jump": "me@gate:22"}),
        ("-o ProxyJump=a,b", {"jump": "a,b"}),
        ("-o 'ProxyJump a' -o ControlMaster=auto", {"jump": "a"}),
        ("-oProxyJump=a -C -vvv", {"jump": "a"}),
        ('-o ProxyCommand="ssh -W %h:%p -q me@gate"', {"jump": "me@gate"}),
        ('-o ProxyCommand="ssh -l me -p 9 -W %h:%p gate"', {"jump": "me@gate:9"}),
        ('-o ProxyCommand="ssh me@gate -W %h:%p"', {"jump": "me@gate"}),
        ('-o ProxyCommand="/usr/bin/ssh -qW [%h]:%p -p22 gate"', {"jump": "gate:22"}),
        ('-o ProxyCommand="ssh -A -q gate nc %h %p"', {"jump": "gate"}),
        ("-i /k -l u -p 5", {"identity": "/k", "user": "u", "port": 5}),
        ("-o StrictHostKeyChecking=no", {"jump": None}),
    ],
)
def test_arguments_for_ssh(
    tmp_path: Path, args: str, expected: dict[str, object]
) -> None:
    """A jump in any of its spellings, and what else says how to connect."""
    text = f"all:\n  hosts:\n    a:\n      ansible_ssh_common_args: {args!r}\n"
    if '"' in args:
        text = f"all:\n  hosts:\n    a:\n      ansible_ssh_common_args: '{args}'\n"
    host = inventory(tmp_path, text).hosts["a"]
    assert {name: getattr(host, name) for name in expected} == expected


def test_files_of_ssh_in_the_arguments(tmp_path: Path) -> None:
    """-F and UserKnownHostsFile reach the transport as variables of ours."""
    args = "-F /cfg -o UserKnownHostsFile=/known"
    text = f"all: {{hosts: {{a: {{ansible_ssh_common_args: '{args}'}}}}}}"
    said = inventory(tmp_path, text).hosts["a"].vars
    assert said["escalade_ssh_config"] == "/cfg"
    assert said["escalade_known_hosts"] == "/known"


def test_passwords_are_not_kept(tmp_path: Path) -> None:
    """Nothing here logs in by one; sudo's is kept veiled until it is used."""
    made = inventory(
        tmp_path,
        "all: {hosts: {a: {ansible_password: p, ansible_ssh_pass: p,"
        " ansible_become_password: !vault x, x: 1}}}",
    )
    said = dict(made.hosts["a"].vars)
    assert isinstance(said.pop("escalade_become_password"), Secret)
    assert said == {"x": 1}
    assert "!vault" not in repr(made.hosts["a"])


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("web[1:3]", ["web1", "web2", "web3"]),
        ("web[08:11]", ["web08", "web09", "web10", "web11"]),
        ("web[1:7:3].x", ["web1.x", "web4.x", "web7.x"]),
        ("db-[a:c]", ["db-a", "db-b", "db-c"]),
        ("r[1:2]n[1:2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
    ],
)
def test_ranges(tmp_path: Path, pattern: str, names: list[str]) -> None:
    """Numbers with or without zeros, steps, letters, several in one name."""
    text = f"all: {{hosts: {{'{pattern}': {{x: 1}}}}}}"
    made = inventory(tmp_path, text)
    assert list(made.hosts) == names
    assert {host.vars["x"] for host in made.hosts.values()} == {1}


def test_several_sources_add_up(tmp_path: Path) -> None:
    """A folder's files by name, then later sources; the last word wins."""
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "b.yml").write_text("web: {hosts: {a: {x: b}, c: }}")
    (folder / "a.yaml").write_text("web: {hosts: {a: {x: a, y: a}}, vars: {z: 1}}")
    (folder / "notes.txt").write_text("not: [yaml")
    last = tmp_path / "last.yaml"
    last.write_text("all: {vars: {w: 1}}")
    host = load([folder, last]).hosts["a"]
    assert host.vars == {"w": 1, "z": 1, "y": "a", "x": "b"}


def test_values_are_read_as_ansible_reads_them(tmp_path: Path) -> None:
    """Booleans of YAML 1.1 too; dates stay text; names are never anything else."""
    made = inventory(
        tmp_path,
        "all: {hosts: {on: {a: yes, b: off, c: 1_000, d: 0x10, e: 1.5, f: 2026-01-02,"
        " g: null, h: [1, {i: j}], k: '007', l: !unsafe '{{ x }}'}, 10: , 1:30: }}",
    )
    assert list(made.hosts) == ["on", "10", "1"]
    assert made.hosts["on"].vars == {
        "a": True,
        "b": False,
        "c": 1000,
        "d": 16,
        "e": 1.5,
        "f": "2026-01-02",
        "g": None,
        "h": [1, {"i": "j"}],
        "k": "007",
        "l": "{{ x }}",
    }


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    """What is lent gives way to what is said."""
    made = inventory(
        tmp_path,
        "x: {hosts: {a: &a {ansible_user: u, v: 1}, b: {<<: *a, v: 2}}}",
    )
    assert (made.hosts["b"].user, made.hosts["b"].vars["v"]) == ("u", 2)


def test_stacks_are_kept_for_who_asks(tmp_path: Path) -> None:
    """Roles and desired states."""
    stacks = {"shop": {"worker": {"desired": "stopped"}, "db": None}}
    text = "all: {hosts: {a: }, vars: {escalade_stacks: {shop: {worker: {desired: stopped}, db: }}}}"
    assert inventory(tmp_path, text).hosts["a"].vars["escalade_stacks"] == stacks


# --------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("all:\n  hosts:\n    a:\n    a:\n", "4:5: duplicate key 'a' (line 3)"),
        ("all:\n  hosts: {a: }\nall:\n", "3:1: duplicate key 'all' (line 1)"),
        (
            "all:\n  host:\n    a:\n",
            "2:3: unknown key 'host' in a group (did you mean 'hosts'?)",
        ),
        (
            "all:\n  zzz: 1\n",
            "2:3: unknown key 'zzz' in a group (hosts, children and vars are known)",
        ),
        ("- a\n", "1:1: expected a mapping of groups (all:, ...)"),
        ("just text", "1:1: expected a mapping of groups (all:, ...)"),
        (
            "all:\n  hosts: [a, b]\n",
            "2:10: hosts of 'all': expected a mapping (`name:` on each line)",
        ),
        (
            "all:\n  hosts:\n    a: 1\n",
            "3:8: the host 'a': expected a mapping (`name:` on each line)",
        ),
        (
            "all: {hosts: {a: {ansible_prot: 1}}}",
            "1:19: unknown variable 'ansible_prot' (did you mean 'ansible_port'?)",
        ),
        (
            "all: {vars: {escalade_stack: {}}}",
            "1:14: unknown variable 'escalade_stack' (did you mean 'escalade_stacks'?)",
        ),
        (
            "all: {hosts: {a: {ansible_port: 70000}}}",
            "1:33: ansible_port: expected 1 to 65535, not 70000",
        ),
        (
            "all: {hosts: {a: {ansible_port: yes}}}",
            "1:33: ansible_port: expected 1 to 65535, not True",
        ),
        (
            "all: {hosts: {a: {ansible_port: 0022}}}",
            '1:33: 0022 could be a text or a number: put it in quotes ("0022")',
        ),
        (
            "all: {hosts: {a: {x: 1:30}}}",
            '1:22: 1:30 could be a text or a number: put it in quotes ("1:30")',
        ),
        (
            "all: {hosts: {a: {ansible_connection: locla}}}",
            "1:39: ansible_connection: 'locla' is not supported (did you mean 'local'?)",
        ),
        (
            "all: {hosts: {a: {ansible_connection: winrm}}}",
            "1:39: ansible_connection: 'winrm' is not supported (local and ssh are)",
        ),
        (
            "all: {hosts: {a: {ansible_host: [x]}}}",
            "1:33: ansible_host: expected one value",
        ),
        (
            "all: {hosts: {a: {ansible_ssh_common_args: '-o'}}}",
            "1:44: ansible_ssh_common_args: -o needs a value",
        ),
        (
            "all: {hosts: {a: {ansible_ssh_common_args: '-o ProxyCommand=nc'}}}",
            (
                "1:44: ansible_ssh_common_args: ProxyCommand='nc' is not understood: "
                "write -J HOST, or put it into ~/.ssh/config"
            ),
        ),
        (
            "all: {children: {a: {children: {b: {children: {a: }}}}}}",
            "1:48: a group inside itself: all -> a -> b -> a",
        ),
        (
            "a: {children: {b: {children: {a: }}}}",
            "1:31: a group inside itself: a -> b -> a",
        ),
        ("all: {hosts: {'web[3:1]': }}", "1:15: not a range: '[3:1]'"),
        ("all: {hosts: {'web[1:9:0]': }}", "1:15: not a range: '[1:9:0]'"),
        ("all: {hosts: {'a b': }}", "1:15: not a host name: 'a b'"),
        ("all: {hosts: {'w[1:99999]': }}", "1:15: more than 10000 hosts"),
        ("all: {hosts: {? [a] : 1}}", "1:17: a key must be a word"),
        ("a: &x [*x]", "1:4: an anchor that holds itself"),
        ("a: {<<: 1}", "1:9: << takes a mapping"),
        (
            "all: {vars: {escalade_stacks: [a]}}",
            "1:31: escalade_stacks: expected a mapping",
        ),
        (
            "all: {vars: {escalade_stacks: {s: {w: {desird: stopped}}}}}",
            "1:40: unknown key 'desird' (did you mean 'desired'?)",
        ),
        (
            "all: {vars: {escalade_stacks: {s: {services: {w: {desired: off}}}}}}",
            "1:60: desired: expected a word",
        ),
        (
            "all: {vars: {escalade_stacks: {s: {w: {desired: stoped}}}}}",
            "1:49: desired: unknown word 'stoped' (did you mean 'stopped'?)",
        ),
        (
            "all:\n  hosts:\n\ta:\n",
            (
                "3:1: found character that cannot start any token "
                "(while scanning for the next token)"
            ),
        ),
        (
            "all: {hosts: {a: \x07}}",
            "1:18: a character that YAML does not allow (#x0007)",
        ),
        (
            "all: {a: 1}\n---\nb: 1\n",
            "2:1: but found another document (expected a single document in the stream)",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    tmp_path: Path, text: str, said: str
) -> None:
    """file:line:column, what, and what was probably meant."""
    assert refusal(tmp_path, text) == f"hosts.yaml:{said}"


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "all:\n", "all: {children: {a: }}"]
)
def test_an_inventory_without_hosts(tmp_path: Path, text: str) -> None:
    """It says so rather than do nothing."""
    assert refusal(tmp_path, text) == "hosts.yaml: no host in it"


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 500, "? " * 5000])
def test_nesting_without_end(tmp_path: Path, text: str) -> None:
    """An error, not a crash."""
    assert "hosts.yaml:" in refusal(tmp_path, text)


def test_anchors_that_multiply(tmp_path: Path) -> None:
    """Five levels of nine are read once each, not 59 thousand times."""
    lines = ["w0: {vars: {x: &v0 [1]}}"]
    for level in range(1, 6):
        below = ", ".join([f"*v{level - 1}"] * 9)
        lines.append(f"w{level}: {{vars: {{x: &v{level} [{below}]}}}}")
    made = inventory(tmp_path, "\n".join([*lines, "w9: {hosts: {a: {x: *v5}}}"]))
    assert list(made.hosts) == ["a"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A near name is suggested."""
    (tmp_path / "hosts.yaml").write_text("all:\n")
    with pytest.raises(
        InventoryError, match=r"no such file \(did you mean 'hosts.yaml'"
    ):
        load([tmp_path / "host.yaml"])
    with pytest.raises(InventoryError, match=r"no such file$"):
        load([tmp_path / "no" / "folder"])


def test_a_folder_without_files(tmp_path: Path) -> None:
    """It says what it looked for."""
    with pytest.raises(InventoryError, match=r"no \.yaml file in this folder"):
        load([tmp_path])


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """With the line."""
    path = tmp_path / "hosts.yaml"
    path.write_bytes(b"all:\n  hosts:\n    \xff\xfe:\n")
    with pytest.raises(InventoryError, match=r"hosts\.yaml:3:1: not UTF-8 text"):
        load([path])


def test_the_ini_format(tmp_path: Path) -> None:
    """It is known by what it says, whatever the file is called."""
    path = tmp_path / "hosts"
    path.write_text("[web]\nweb[1:2]:22 ansible_user=deploy x='[1, 2]'\n")
    made = load([path])
    assert made.groups["web"] == ("web1", "web2")
    host = made.hosts["web2"]
    assert (host.user, host.port, host.groups) == ("deploy", 22, ("web",))
    assert host.vars["x"] == [1, 2]


def test_a_broken_file_is_told_in_its_own_format(tmp_path: Path) -> None:
    """A file without a suffix can be either; its first line decides who complains."""
    path = tmp_path / "hosts"
    path.write_text("all:\n  hosts:\n    a: [\n")
    with pytest.raises(InventoryError, match=r"hosts:4:1: did not find expected"):
        load([path])
    path.write_text("web1 x = 1\n")
    with pytest.raises(InventoryError, match=r"hosts:1:6: expected `name=value`"):
        load([path])


def test_variables_beside_the_inventory(tmp_path: Path, monkeypatch) -> None:
    """And in the current folder; a relative key counts from the inventory's folder."""
    folder, here = tmp_path / "inventory", tmp_path / "here"
    for place in (folder / "group_vars" / "web", here / "host_vars"):
        place.mkdir(parents=True)
    (folder / "hosts").write_text("[web]\na\n")
    (folder / "group_vars/web/ssh.yml").write_text(
        "ansible_ssh_private_key_file: keys/a\nansible_user: web\nx: web\n"
    )
    (here / "host_vars/a.yml").write_text("x: here\n")
    monkeypatch.chdir(here)
    host = load([folder / "hosts"]).hosts["a"]
    assert host.identity == str(folder / "keys/a")
    assert (host.user, host.vars["x"]) == ("web", "here")
    elsewhere = load([folder / "hosts"], here=tmp_path)
    assert elsewhere.hosts["a"].vars["x"] == "web"


def test_variables_beside_the_file_that_ships(tmp_path: Path) -> None:
    """With them, it says more than that there is this machine."""
    (tmp_path / "hosts.yaml").write_text((paths.inventory() / "hosts.yaml").read_text())
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/localhost.yml").write_text("x: 1\n")
    assert load([tmp_path]).hosts["localhost"].vars["x"] == 1


def test_a_list_of_hosts() -> None:
    """As `-i host1,host2,` in Ansible, with ports."""
    made = load(["a,b:2222,[2001:db8::1]:22,"])
    ports = {name: host.port for name, host in made.hosts.items()}
    assert ports == {"a": None, "b": 2222, "2001:db8::1": 22}


def test_a_plain_inventory_loads_no_more_than_yaml(tmp_path: Path) -> None:
    """Templates, vaults and the other formats come when they are needed."""
    (tmp_path / "hosts.yaml").write_text("web: {hosts: {a: {ansible_user: u}}}\n")
    script = (
        "import sys; from pathlib import Path; from escalade.inventory import load; "
        f"load([Path({str(tmp_path / 'hosts.yaml')!r})]).hosts['a']; "
        "print(*sorted({'jinja2', 'cryptography', 'tomllib', 'subprocess', 'shlex', "
        "'difflib', 'escalade.inventory.ini', 'json', 'hashlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SRC)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["shlex"]


def test_thousands_of_hosts_in_groups(tmp_path: Path) -> None:
    """Each host knows its groups, each group its hosts, in the order of the file."""
    groups = "\n".join(
        f"[g{n}]\nh[{n}000:{n}999]\n[p{n}:children]\ng{n}" for n in range(1, 10)
    )
    path = tmp_path / "hosts"
    path.write_text(groups)
    made = load([path])
    assert len(made.hosts) == 9000
    assert made.groups["p3"] == made.groups["g3"]
    assert made.hosts["h3999"].groups == ("p3", "g3")


def test_groups_nested_without_end(tmp_path: Path) -> None:
    """A thousand deep are no trouble; in a circle they are an error."""
    chain = "".join(f"[g{n}:children]\ng{n + 1}\n" for n in range(1000))
    path = tmp_path / "hosts"
    path.write_text(f"[g1000]\na\n{chain}")
    assert len(load([path]).hosts["a"].groups) == 1001
    path.write_text(f"[g1000]\na\n{chain}[g1000:children]\ng0\n")
    with pytest.raises(InventoryError, match=r":2002:1: .* g1 -> g2 -> \.\.\. -> "):
        load([path])


def test_aliases_without_end_are_refused(tmp_path: Path) -> None:
    """What they stand for is counted before anybody writes it out."""
    lines = ["all:", "  vars:", "    v0: &v0 [lol, lol]"]
    lines += [
        f"    v{n}: &v{n} [{', '.join([f'*v{n - 1}'] * 10)}]" for n in range(1, 12)
    ]
    path = tmp_path / "hosts.yaml"
    path.write_text("\n".join([*lines, "  hosts: {a: }"]) + "\n")
    with pytest.raises(InventoryError) as refused:
        load([path])
    said = str(refused.value).removeprefix(f"{path}:")
    assert said.endswith(": aliases that stand for more than 1000000 values")
    assert said.startswith("8:")


def test_many_aliases_of_what_is_small_are_right(tmp_path: Path) -> None:
    """A thousand hosts may share their variables."""
    lines = [
        "all:",
        "  vars:",
        "    own: &own {a: 1, b: [2, 3], c: {d: 4}}",
        "  hosts:",
    ]
    lines += [f"    h{n}: {{<<: *own, other: *own}}" for n in range(1000)]
    path = tmp_path / "hosts.yaml"
    path.write_text("\n".join(lines) + "\n")
    assert len(load([path]).hosts) == 1000
