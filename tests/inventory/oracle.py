"""What `ansible-inventory --list` says of many inventories, asked in one process.

Reads JSON lines from stdin, each a list of the command's words, and answers each with
one line: `{"list": ...}`, or `{"refused": the reason}`. Ansible keeps its command line
and its caches for a whole process, so each answer comes from a fork of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BOUND_S = 20


def settle() -> None:
    """Let nothing but the words decide: no configuration, no colour, no warnings."""
    for name in [n for n in os.environ if n.startswith("ANSIBLE_")]:
        del os.environ[name]
    handle, empty = tempfile.mkstemp(suffix=".cfg")
    os.close(handle)
    atexit.register(os.unlink, empty)
    os.environ["ANSIBLE_CONFIG"] = empty
    os.environ["ANSIBLE_NOCOLOR"] = "1"
    # A source that no parser takes is a refusal; by itself it is a warning.
    os.environ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "1"


def warm() -> None:
    """Load once, before any fork, what every answer needs; a list of hosts does it."""
    importlib.import_module("ansible.cli.inventory")
    loader = importlib.import_module("ansible.parsing.dataloader").DataLoader()
    manager = importlib.import_module("ansible.inventory.manager")
    variables = importlib.import_module("ansible.vars.manager")
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stderr(io.StringIO()),
    ):
        # What is not found is remembered, so nothing is looked for here.
        loader.set_basedir(folder)
        sources = [f"{folder}/{name}" for name in ("hosts", "hosts.yml")]
        for source, text in zip(
            sources, ("[web]\na\n", "web: {hosts: {b: }}"), strict=True
        ):
            Path(source).write_text(text)
        inventory = manager.InventoryManager(loader=loader, sources=[*sources, "c,"])
        told = variables.VariableManager(loader=loader, inventory=inventory)
        for host in inventory.get_hosts():
            told.get_vars(host=host, include_hostvars=False, stage="all")
    gc.collect()
    gc.freeze()


def asked(words: Sequence[str]) -> Any:
    """Return the answer to one command line."""
    from ansible.cli.inventory import InventoryCLI

    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            InventoryCLI(["ansible-inventory", "--list", *words]).run()
    except BaseException as error:
        if not isinstance(error, SystemExit) or error.code:
            return {"refused": f"{type(error).__name__}: {error} {err.getvalue()}"}
    return {"list": json.loads(out.getvalue())}


def forked(words: Sequence[str], folder: str) -> str:
    """Return the answer of a process of its own, as one line."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(BOUND_S)
        os.close(reading)
        os.chdir(folder)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(asked(words)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer or json.dumps({"refused": "no answer in time"})


def main() -> None:
    """Answer all lines."""
    settle()
    warm()
    for line in sys.stdin:
        question = json.loads(line)
        print(forked(question["words"], question["folder"]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
