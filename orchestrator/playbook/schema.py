"""The JSON Schema of a playbook, from the models that read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from orchestrator.playbook.playbook import Document


def playbook_schema(kinds: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """A schema in which every step is one of the kinds. Values may be templates, so patterns are left to ``run``."""
    models: list[type[BaseModel]] = [Document, *kinds.values()]  # together: two models may have one name
    references, schema = models_json_schema([(model, "validation") for model in dict.fromkeys(models)])
    definitions: dict[str, Any] = schema["$defs"]
    document: dict[str, Any] = definitions.pop(_name(references[(Document, "validation")]))
    variants = [
        {
            "type": "object",
            "properties": {name: references[(model, "validation")]},
            "required": [name],
            "additionalProperties": False,
        }
        for name, model in sorted(kinds.items())
    ]
    document["properties"]["steps"]["items"] = {"oneOf": variants}
    used = {_name(one) for one in _references([document, *definitions.values()])}
    document["$defs"] = {name: _loosened(one) for name, one in definitions.items() if name in used}
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "orchestrator playbook"
    return document


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _references(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict) and "$ref" in node:
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _references(inner)


def _loosened(node: Any) -> Any:
    """Drop value patterns of strings: ``{{ seconds }}`` stands where a duration will be."""
    if isinstance(node, dict):
        return {key: _loosened(value) for key, value in node.items() if key != "pattern" or not isinstance(value, str)}
    if isinstance(node, list):
        return [_loosened(one) for one in node]
    return node
