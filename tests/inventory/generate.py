"""Small inventories made by chance from a seed: groups, ranges, values, files, sources."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from collections.abc import Sequence

from tests.inventory.cases import Case

GROUPS = ("web", "db", "prod", "eu-west", "all", "ungrouped", "a", "zone_1")
PLAIN = GROUPS[:4] + GROUPS[6:]
HOSTS = ("a1", "b", "web1", "db-a.example.org", "10.0.0.1", "localhost", "www", "x_1")
PATTERNS = (
    *HOSTS,
    *HOSTS,
    "web[1:3]",
    "web[01:05:2].x",
    "db-[a:c]",
    "r[0:1]n[a:b]",
    "[2001:db8::1]:22",
    "2001:db8::2",
    "b:2222",
    "web[2:4]:22",
    "c:x",
)
NAMES = ("x", "y", "ansible_host", "ansible_user", "nested", "ansible_port", "omit")
INI_VALUES = (
    "1",
    "0x1f",
    "0777",
    "1.5",
    "True",
    "true",
    "None",
    "word",
    "'two words'",
    '"{{ x }}.org"',
    "[1,'a']",
    "\"{'k': [1, None]}\"",
    "a=b",
    "",
    "1+1",
    "'#1'",
    "é",
)
YAML_VALUES = (
    "1",
    "0x1f",
    "'0777'",
    "1.5",
    "yes",
    "off",
    "~",
    "",
    "word",
    "'{{ x }}'",
    "[1, a, {b: c}]",
    "{k: [1, ~], on: 2}",
    "2026-01-02",
    "1_000",
    "!unsafe '{{ y }}'",
    "!!str 5",
    "1e3",
    ".5",
)


class Maker:
    """Makes one inventory from its own stream of chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.files: dict[str, str] = {}
        self.order = self.chance.sample(PLAIN, len(PLAIN))

    def below(self, group: str) -> Sequence[str]:
        """Return the groups that may lie inside one: mostly such that make no circle."""
        if group == "ungrouped" or self.maybe(0.03):
            return PLAIN
        return self.order[self.order.index(group) + 1 :] if group in PLAIN else PLAIN

    def some(self, pool: Sequence[str], most: int) -> list[str]:
        """Return some things of a pool, in any order."""
        count = self.chance.randint(0, min(most, len(pool)))
        return self.chance.sample(pool, count)

    def maybe(self, share: float) -> bool:
        """Whether something that is seldom happens."""
        return self.chance.random() < share

    # ------------------------------------------------------------------- formats

    def ini(self) -> str:
        """Return a text in the INI format."""
        lines = [self._host() for _ in range(self.chance.randint(0, 2))]
        groups = self.some(GROUPS, 5)
        sections: list[list[str]] = []
        for group in groups:
            hosts = [self._host() for _ in range(self.chance.randint(0, 3))]
            sections.append([f"[{group}]", *hosts])
            if self.maybe(0.4):
                names = self.some(NAMES, 3)
                sections.append([f"[{group}:vars]", *map(self._variable, names)])
            known = groups if self.maybe(0.95) else PLAIN
            inside = [g for g in self.some(self.below(group), 2) if g in known]
            if inside and self.maybe(0.8):
                sections.append([f"[{group}:children]", *inside])
        if self.maybe(0.5):
            self.chance.shuffle(sections)
        if self.maybe(0.3):
            lines.append("# a comment")
        return "\n".join([*lines, *(line for part in sections for line in part), ""])

    def _host(self) -> str:
        """Return a line with a host."""
        pattern = self.chance.choice(PATTERNS)
        # In brackets and at the start of a line it would be a section.
        pattern = "b:22" if pattern.startswith("[") and self.maybe(0.5) else pattern
        values = self.some(INI_VALUES, 2)
        words = [f"{self.chance.choice(NAMES)}={value}" for value in values]
        return " ".join([pattern, *words, *(["# end"] if self.maybe(0.1) else [])])

    def _variable(self, name: str) -> str:
        """Return a line with a variable."""
        equals = self.chance.choice(("=", " = ", "= "))
        return f"{name}{equals}{self.chance.choice(INI_VALUES)}"

    def yaml(self) -> str:
        """Return a text in YAML."""
        names = self.some(PLAIN, 3)
        if self.maybe(0.7):
            names.insert(self.chance.randint(0, len(names)), "all")
        text = "\n".join(f"{name}: {self._group(name, 2)}" for name in names)
        return f"{text}\n" if names else "# nothing\n"

    def _group(self, name: str, depth: int) -> str:
        """Return a group in YAML's short form."""
        parts = []
        if self.maybe(0.8):
            hosts = self.some(PATTERNS, 3)
            inside = (
                f"'{h}': {self._mapping(YAML_VALUES)}" for h in dict.fromkeys(hosts)
            )
            parts.append(f"hosts: {{{', '.join(inside)}}}")
        if self.maybe(0.4):
            parts.append(f"vars: {self._mapping(YAML_VALUES)}")
        if depth and self.maybe(0.5):
            inside = self.some(self.below(name), 2)
            below = (f"{group}: {self._group(group, depth - 1)}" for group in inside)
            parts.append(f"children: {{{', '.join(below)}}}")
        self.chance.shuffle(parts)
        return f"{{{', '.join(parts)}}}" if parts else "~"

    def _mapping(self, values: Sequence[str]) -> str:
        """Return variables in YAML's short form."""
        pairs = (f"{n}: {self.chance.choice(values)}" for n in self.some(NAMES, 3))
        return f"{{{', '.join(pairs)}}}"

    def program(self) -> str:
        """Return a program that prints JSON."""
        data: dict[str, object] = {}
        for group in self.some(GROUPS, 4):
            hosts = self.some(HOSTS, 3)
            inside = self.some(self.below(group), 1)
            whole = {"hosts": hosts, "vars": self._json(), "children": inside}
            data[group] = hosts if self.maybe(0.4) else whole
        told = {host: self._json() for host in self.some(HOSTS, 4)}
        data["_meta"] = {"hostvars": told}
        return f"#!/bin/sh\ncat <<'END'\n{json.dumps(data)}\nEND\n"

    def _json(self) -> dict[str, object]:
        """Return variables as a program prints them."""
        values = (1, 1.5, "{{ x }}", None, True, [1, {"k": "v"}], {"k": None}, "é")
        return {name: self.chance.choice(values) for name in self.some(NAMES, 2)}

    # ------------------------------------------------------------------- sources

    def variables(self, folder: str) -> None:
        """Write files of variables into a folder."""
        for kind, pool in (("group_vars", GROUPS), ("host_vars", HOSTS)):
            for name in self.some(pool, 2):
                suffix = self.chance.choice(
                    ("", ".yml", ".yaml", ".json", "/x", "/y.yml")
                )
                text = self._mapping(YAML_VALUES)
                if suffix == ".json":
                    text = json.dumps(self._json())
                self.files.setdefault(f"{folder}{kind}/{name}{suffix}", f"{text}\n")

    def source(self, number: int) -> str:
        """Write one source, and return how it is named."""
        formats: dict[str, Callable[[], str]] = {
            "": self.ini,
            ".ini": self.ini,
            ".yml": self.yaml,
            ".yaml": self.yaml,
            "-run": self.program,
        }
        kind = self.chance.choices(("file", "folder", "list"), (6, 2, 1))[0]
        if kind == "list":
            return ",".join((*self.some(PATTERNS, 3), "last", ""))
        if kind == "file":
            suffix = self.chance.choice([*formats])
            folder = f"s{number}/" if self.maybe(0.5) else ""
            self.files[f"{folder}hosts{number}{suffix}"] = formats[suffix]()
            if self.maybe(0.6):
                self.variables(folder)
            return f"{folder}hosts{number}{suffix}"
        for place in range(self.chance.randint(1, 3)):
            suffix = self.chance.choice([*formats])
            self.files[f"d{number}/{place}{suffix}"] = formats[suffix]()
        if self.maybe(0.7):
            self.variables(f"d{number}/")
        return f"d{number}"


def generated(count: int) -> list[Case]:
    """Return inventories made from the seeds 0, 1, 2 ..."""
    return [_case(seed) for seed in range(count)]


def _case(seed: int) -> Case:
    """Return the inventory of a seed."""
    maker = Maker(seed)
    names = [maker.source(number) for number in range(maker.chance.randint(1, 3))]
    if maker.maybe(0.2):
        maker.variables("")
    # Files may have met folders of their names.
    folders = {name.rpartition("/")[0] for name in maker.files}
    files = {name: text for name, text in maker.files.items() if name not in folders}
    words = [word for name in names for word in ("-i", name)]
    return Case(f"seed {seed}", words, files)
