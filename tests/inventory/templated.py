"""What Ansible makes of the templates of one host, asked in a process of its own.

The words are an inventory, a host and how the names begin; prints a JSON object: each
variable with its text, null where it holds nothing, or `{"refused": the reason}`.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


def made(templar: Any, value: object) -> object:
    """Return a value as text, or why there is none."""
    try:
        found = templar.template(value)
    except Exception as error:
        return {"refused": str(error)}
    return None if found is None else str(found)


def main(source: str, name: str, beginning: str) -> None:
    """Print the texts."""
    loader = importlib.import_module("ansible.parsing.dataloader").DataLoader()
    managers = importlib.import_module("ansible.inventory.manager")
    variables = importlib.import_module("ansible.vars.manager")
    template = importlib.import_module("ansible.template")
    importlib.import_module("ansible.plugins.loader").init_plugin_loader()
    inventory = managers.InventoryManager(loader=loader, sources=[source])
    told = variables.VariableManager(loader=loader, inventory=inventory)
    said = told.get_vars(host=inventory.get_host(name))
    templar = template.Templar(loader=loader, variables=said)
    texts = {
        key: made(templar, value)
        for key, value in said.items()
        if key.startswith(beginning)
    }
    print(json.dumps(texts))


if __name__ == "__main__":
    main(*sys.argv[1:])
