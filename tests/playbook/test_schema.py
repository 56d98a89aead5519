"""The JSON Schema of playbooks, checked by hand: the few keywords it uses are read here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from orchestrator.cli.workshop import step_kinds
from orchestrator.playbook.load import find
from orchestrator.playbook.schema import playbook_schema

KINDS: dict[str, type[BaseModel]] = {name: kind.Args for name, kind in step_kinds().items()}
SCHEMA = playbook_schema(KINDS)
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
    "null": type(None),
}  # fmt: skip
KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "description", "default", "examples", "type", "properties", "required",
    "items",
    "additionalProperties", "enum", "const", "anyOf", "oneOf", "minItems", "maxItems", "minimum", "maximum", "pattern",
    "exclusiveMinimum", "exclusiveMaximum", "prefixItems", "minLength", "maxLength",
}  # fmt: skip


def nodes(schema: Any) -> list[dict[str, Any]]:
    """Every schema inside a schema."""
    if not isinstance(schema, dict):
        return []
    found = [schema]
    for group in ("properties", "$defs"):
        for inner in schema.get(group, {}).values():
            found += nodes(inner)
    for key in ("items", "additionalProperties"):
        found += nodes(schema.get(key))
    for key in ("anyOf", "oneOf", "prefixItems"):
        for inner in schema.get(key, []):
            found += nodes(inner)
    return found


def accepts(schema: Any, value: Any) -> bool:
    """Whether a value is valid, for the keywords in use."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return accepts(SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], value)
    wanted = schema.get("type", [])
    kinds = [wanted] if isinstance(wanted, str) else wanted
    fits = not kinds or any(isinstance(value, TYPES[kind]) for kind in kinds)
    fits = fits and value in schema.get("enum", [value]) and value == schema.get("const", value)
    fits = fits and ("anyOf" not in schema or any(accepts(one, value) for one in schema["anyOf"]))
    fits = fits and ("oneOf" not in schema or sum(accepts(one, value) for one in schema["oneOf"]) == 1)
    if isinstance(value, str) and "pattern" in schema:
        fits = fits and re.search(schema["pattern"], value) is not None
    if isinstance(value, list):
        fits = fits and len(value) >= schema.get("minItems", 0)
        fits = fits and all(accepts(schema.get("items", True), one) for one in value)
    if isinstance(value, dict):
        others = schema.get("additionalProperties", True)
        known = schema.get("properties", {})
        fits = fits and set(schema.get("required", [])) <= set(value)
        fits = fits and all(accepts(known.get(key, others), one) for key, one in value.items())
    return fits


def test_it_is_of_the_draft_it_names_and_every_reference_resolves() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for node in nodes(SCHEMA):
        assert set(node) <= KEYWORDS
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/$defs/") in SCHEMA["$defs"]


@pytest.mark.parametrize("path", sorted(find("flow-capture").parent.glob("*.yml")), ids=lambda path: path.stem)
def test_it_accepts_the_shipped_playbooks(path: Path) -> None:
    assert accepts(SCHEMA, YAML(typ="safe").load(path))


@pytest.mark.parametrize(
    "book",
    [
        {"name": "x"},
        {"name": "x", "steps": []},
        {"name": "x", "steps": ["wait"]},
        {"name": "x", "steps": [{"wate": {"for": "1s"}}]},
        {"name": "x", "steps": [{"wait": {"fro": "1s"}}]},
        {"name": "x", "steps": [{"wait": {"for": "1s"}, "command": {"run": "show version"}}]},
        {"name": "x", "stpes": [], "steps": [{"wait": {"for": "1s"}}]},
        {"name": "x", "expect": [{"verdict": "fine"}], "steps": [{"wait": {"for": "1s"}}]},
    ],
)
def test_it_refuses_what_the_reader_refuses(book: dict[str, Any]) -> None:
    assert not accepts(SCHEMA, book)


def test_a_template_may_stand_for_a_value() -> None:
    assert accepts(SCHEMA, {"name": "x", "steps": [{"wait": {"for": "{{ long }}"}}]})


def test_every_step_kind_is_in_it() -> None:
    variants = SCHEMA["properties"]["steps"]["items"]["oneOf"]
    assert sorted(key for one in variants for key in one["properties"]) == sorted(KINDS)
