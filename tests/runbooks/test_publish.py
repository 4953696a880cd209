"""The schema for editors says what the loader says, as far as a schema can."""

from __future__ import annotations

import json

import pytest

from escalade.runbooks.publish import KINDS
from escalade.runbooks.publish import schema


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_leads_somewhere(catalog, kind) -> None:
    """An editor can follow each `$ref`, and null is allowed nowhere."""
    whole = schema(catalog, kind)
    text = json.dumps(whole)
    names = {f'"#/$defs/{name}"' for name in whole["$defs"]}
    found = {part.split("}")[0] for part in text.split('"$ref": ')[1:]}
    assert found <= names
    assert '"null"' not in text
    assert '"type": "condition"' not in text


def test_a_condition_knows_every_probe(catalog) -> None:
    """With its readings, its arguments and what must be given."""
    condition = schema(catalog)["$defs"]["Condition"]
    assert set(condition["properties"]) == {"all", "any", "not", *catalog}
    http = condition["properties"]["http"]
    assert {"of", "replicas", "port", "path", "status"} <= set(http["properties"])
    assert http["required"] == ["port"]
    assert not http["additionalProperties"]
    assert "of" not in condition["properties"]["engine"]["properties"]


def test_an_unknown_key_is_marked(catalog) -> None:
    """Every mapping with fixed keys forbids others."""
    shapes = schema(catalog)["$defs"]
    for name in ("SymptomShape", "TextShape", "LadderShape", "AdviceShape"):
        assert shapes[name]["additionalProperties"] is False
    levels = ["1", "2", "3", "use", "vars", "verify"]
    assert list(shapes["LadderShape"]["properties"]) == levels


def test_operators_follow_the_type(catalog) -> None:
    """Numbers are ordered, texts are searched, lists have members."""
    container = schema(catalog)["$defs"]["Condition"]["properties"]["container"]

    def operators(reading: str) -> set[str]:
        return set(container["properties"][reading]["anyOf"][1]["properties"])

    assert operators("running") == {"eq", "ne", "in", "not_in", "known"}
    assert operators("networks") == {"eq", "ne", "contains", "known"}
    assert "matches" in operators("state")
    assert "gt" in operators("exit_code")
    assert "gt" not in operators("state")
