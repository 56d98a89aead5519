"""The JSON Schema of a playbook, from the models that read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from orchestrator.playbook.playbook import Document


def playbook_schema(kinds: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """A schema in which every step is one of the kinds. Values may be templates, so patterns are left to ``run``."""
    document = Document.model_json_schema()
    definitions: dict[str, Any] = document.setdefault("$defs", {})
    variants = []
    for name, model in sorted(kinds.items()):
        step = model.model_json_schema(ref_template="#/$defs/{model}")
        for inner, definition in step.pop("$defs", {}).items():
            definitions.setdefault(inner, _loosened(definition))
        definitions[f"step-{name}"] = _loosened(step)
        variants.append(
            {
                "type": "object",
                "properties": {name: {"$ref": f"#/$defs/step-{name}"}},
                "required": [name],
                "additionalProperties": False,
            }
        )
    document["properties"]["steps"]["items"] = {"oneOf": variants}
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "orchestrator playbook"
    return document


def _loosened(node: Any) -> Any:
    """Drop value patterns of strings: ``{{ seconds }}`` stands where a duration will be."""
    if isinstance(node, dict):
        return {key: _loosened(value) for key, value in node.items() if key != "pattern" or not isinstance(value, str)}
    if isinstance(node, list):
        return [_loosened(one) for one in node]
    return node
