"""The contract of the result document, as JSON Schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def result_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``result.json``, format 1."""
    text = files("orchestrator.reports").joinpath("result.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
