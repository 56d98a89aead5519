"""Read a scenario file; what is wrong in it is told with line and column."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from orchestrator.errors import ScenarioError
from orchestrator.lab.scenario import Scenario
from orchestrator.lab.scenario_references import Location, broken_references


def load(source: str | Path) -> Scenario:
    """Read a scenario: a shipped one by its name, or a file.

    Raises:
        ScenarioError: it does not exist or is not valid; the error has the line and column.
    """
    text = str(source)
    if text.endswith((".yml", ".yaml")) or "/" in text:
        return _parse(Path(text))
    return _shipped(text)


@functools.cache
def _shipped(name: str) -> Scenario:
    folder = importlib.resources.files("orchestrator.lab") / "scenarios"
    known = sorted(entry.name.removesuffix(".yml") for entry in folder.iterdir() if entry.name.endswith(".yml"))
    if name not in known:
        raise ScenarioError(f"there is no scenario '{name}'", hint=f"Shipped scenarios: {', '.join(known)}.")
    return _parse(folder / f"{name}.yml")


def _parse(file: Path | Traversable) -> Scenario:
    path = str(file)
    try:
        document = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(error.strerror or str(error), path=path) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise ScenarioError(str(error.problem), path=path, line=line, column=column) from error
    if not isinstance(document, Mapping):
        raise ScenarioError("a scenario is a mapping", path=path, line=1, column=1)
    try:
        scenario = Scenario.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise _located(message, path, document, first["loc"]) from error
    for location, message in broken_references(scenario):
        raise _located(message, path, document, location)
    return scenario


def _located(message: str, path: str, document: Any, location: Location) -> ScenarioError:
    """Find the deepest node on the way to a location whose position ruamel kept."""
    line = column = 0
    node = document  # ruamel's CommentedMap or CommentedSeq, or a scalar at the end of the way
    for part in location:
        try:
            here = (node.lc.key if hasattr(node, "items") else node.lc.item)(part)
            node = node[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
        line, column = here[0] + 1, here[1] + 1
    return ScenarioError(message, path=path, line=line or 1, column=column or 1)
