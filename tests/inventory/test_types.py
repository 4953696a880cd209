"""Templates that read templates: Ansible's own templating decides what comes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from escalade.errors import InventoryError
from escalade.inventory.filling import Filling
from escalade.inventory.load import load
from escalade.inventory.load import tree_of
from escalade.inventory.marks import Leaf

HERE = Path(__file__).resolve().parent
HOST = "web1.dc.example.org"
READ = r"""
c: [1, 2]
list: "{{ c }}"
i: 22
int: "{{ i }}"
yes_: true
bool: "{{ yes_ }}"
nothing: null
none: "{{ nothing }}"
digits: "5"
text: "{{ digits }}"
d: {x: 1, y: "{{ i }}", z: {q: "{{ c }}"}}
dict: "{{ d }}"
half: {x: 1, y: "{{ nobody }}"}
like_a_list: "{{ '[1, 2]' }}"
ended: "{{ i }}\n"
ended_text: "x{{ i }}\n"
beside: "{{ i }}2"
chosen: "{% if bool %}{{ i }}{% endif %}"
empty: "{% if not bool %}x{% endif %}"
undefined: "{{ nobody }}"
twice: "{{ undefined }}"
part: "a{{ nobody }}"
zero: "{{ 1 / 0 }}"
lines: "{% if true %}\nq{% endif %}"
"""
TEMPLATES = r"""
{{ list }} | {{ list | length }} | {{ list[1] }} | {{ list[0:1] }} | {{ list[5] | default(3) }}
{{ list + [3] }} | {{ [3] + list }} | {{ list * 2 }} | {{ 2 * list }} | {{ list + list }}
{{ list == [1, 2] }} | {{ [1, 2] == list }} | {{ list != [1, 2] }} | {{ list == d }}
{{ list < [3] }} | {{ list >= [3] }} | {{ [3] > list }} | {{ 1 in list }} | {{ 7 in list }}
{{ list | first }} | {{ list | last }} | {{ list | sum }} | {{ (list | max) + 1 }}
{{ list | join('-') }} | {{ list | string }} | {{ list | tojson }} | {{ list ~ 'x' }}
{{ list | map('string') | list }} | {{ list | map('string') }} | {{ list | unique }}
{{ list | sort(reverse=true) }} | {{ list | reverse | list }} | {{ list.index(2) }}
{{ list is sequence }} | {{ list is string }} | {{ dict is mapping }} | {{ int is number }}
{{ '%s' % list }} | {{ '%s' | format(list) }} | a{{ list }} | x{{ [list] }}
{{ int + 1 }} | {{ int }}{{ int }} | {#c#}{{ int }} | {{ beside }} | {{ beside + '1' }}
{{ bool | ternary('a', 'b') }} | {{ 'no' if not bool else 'yes' }} | {{ bool }}x
{{ bool is boolean }} | {{ bool }} | {{ none is none }} | {{ none }} | a{{ none }}
{{ none | default('z', true) }} | {{ none | default('z') }} | {{ none ~ 'x' }}
{{ text }} | {{ text + '1' }} | {{ like_a_list }} | {{ like_a_list | length }}
{{ dict.x }} | {{ dict.z.q }} | {{ dict.z.q[1] + 1 }} | {{ dict }} | a{{ dict }}
{{ dict == d }} | {{ dict | dictsort }} | {{ dict.items() | list }} | {{ dict | length }}
{{ dict.keys() | list }} | {{ dict.get('x') }} | {{ dict.get('w', 4) }} | {{ 'x' in dict }}
{{ dict.w | default(3) }} | {{ dict | tojson }} | {{ {'k': list} }} | x{{ {'k': dict} }}
{{ half.x }} | {{ half }} | x{{ half }} | {{ half.y | default(1) }} | {{ 'y' in half }}
{{ half | length }} | {{ half == {'x': 1} }} | {{ half.keys() | list }}
{{ undefined | default(1) }} | {{ twice | default(1) }} | {{ part | default(1) }}
{{ undefined is defined }} | {{ undefined or 3 }} | {{ twice }} | {{ [undefined] }}
{{ zero | default(1) }} | {{ undefined.x | default(2) }} | {{ [undefined] | length }}
{{ ended }} | {{ ended_text }}z | {{ chosen + 1 }} | a{{ empty }} | {{ empty }}
{{ empty | default('k') }} | {{ (empty, 1) }} | {{ lines }} | {{ 'x' if not bool }}
a{{ 'x' if not bool }} | {% set k = int %}{{ k + 1 }} | {{ 1.0 }}{{ true }} | {{ 22 }}
{% set k %}{{ int }}{% endset %}{{ k + 1 }} | {% for x in [7] %}{{ x }}{% endfor %}
{% for x in list %}{{ x }}{% endfor %} | {% macro m(x) %}{{ x }}{% endmacro %}{{ m(int) + 1 }}
{{ inventory_hostname | regex_replace('^(\w+)\..*$', '\1') }} | {{ 'a\b' }} | {{ '\n' }}
{{ inventory_hostname | regex_replace("\bdc\b", "x") }} | {% set k = '\n' %}{{ k }}
"""
ALL = [one for line in TEMPLATES.strip().split("\n") for one in line.split(" | ")]


def joined(templates: list[str]) -> list[str]:
    """Return the templates; a filter's sign stands between blanks too."""
    whole: list[str] = []
    for part in templates:
        if whole and whole[-1].count("{{") > whole[-1].count("}}"):
            whole[-1] += f" | {part}"
        else:
            whole.append(part)
    return whole


CASES = joined(ALL)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inventory in which each template is a variable."""
    path = tmp_path_factory.mktemp("templates") / "hosts.yml"
    said = "".join(f"      {line}\n" for line in READ.strip().split("\n"))
    asked = (f"      t_{n}: {json.dumps(text)}\n" for n, text in enumerate(CASES))
    path.write_text(f"all:\n  hosts:\n    {HOST}:\n{said}{''.join(asked)}")
    return path


@pytest.fixture(scope="module")
def theirs(source: Path) -> dict[str, object]:
    """Return what Ansible makes of them."""
    settled = {k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}
    done = subprocess.run(
        [sys.executable, str(HERE / "templated.py"), str(source), HOST, "t_"],
        cwd=source.parent,
        env={**settled, "HOME": str(source.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def filling(source: Path) -> Filling:
    """Return what fills them here."""
    tree = tree_of([source], here=source.parent)
    return Filling(tree, tree.members())


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: CASES[n])
def test_a_value_keeps_its_type(
    filling: Filling, theirs: dict[str, object], number: int
) -> None:
    """Through any number of templates, with filters and operators between."""
    name = f"t_{number}"
    variables = filling.variables(HOST)
    leaf = variables[name].node
    assert isinstance(leaf, Leaf)
    expected = theirs[name]
    if isinstance(expected, dict):
        with pytest.raises(InventoryError):
            filling.text(HOST, variables, name, leaf)
    else:
        assert filling.text(HOST, variables, name, leaf) == (expected or "")


def test_what_is_undefined_below_is_told_with_its_own_place(tmp_path: Path) -> None:
    """The template that names it, not the one that reads that."""
    path = tmp_path / "hosts.yml"
    path.write_text(
        "all:\n  vars:\n    b: 'x{{ nobody }}'\n    a: '{{ [b] }}'\n"
        "  hosts: {h: {ansible_user: '{{ a }}'}}\n"
    )
    with pytest.raises(InventoryError) as refused:
        load([path], here=tmp_path).hosts["h"]
    assert str(refused.value) == f"{path}:3:8: template: 'nobody' is undefined"
