"""Complaints about a playbook: what pydantic says, with the line it speaks of and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestrator.errors import PlaybookError
from orchestrator.playbook.playbook import Document, Step


def line_of(node: Any, place: Any) -> int:
    """The line, from 1, on which a key or an item of the YAML tree stands; 0 when the tree does not tell."""
    position = getattr(node, "lc", None)
    if position is None:
        return 0
    try:
        return int((position.key if isinstance(node, dict) else position.item)(place)[0]) + 1
    except (KeyError, TypeError, IndexError):
        return int(position.line) + 1


def suggestion(name: str, known: Iterable[str]) -> str:
    """``did you mean ...?`` when a known word is near, else the known words."""
    words = sorted(known)
    near = difflib.get_close_matches(name, words, n=1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(words) or 'none'}"


class Reader:
    """Turns the YAML tree into models, and the complaints of pydantic into ours."""

    def __init__(self, path: Path, tree: Any) -> None:
        self._path = path
        self._tree = tree

    def document(self) -> Document:
        """The whole file, its steps not yet looked into."""
        try:
            return Document.model_validate(self._tree)
        except ValidationError as error:
            raise self._complaint(error, (), Document) from error

    def step(self, number: int, kinds: Mapping[str, type[BaseModel]]) -> Step:
        """One step, checked by the model of its kind."""
        node = self._tree["steps"][number]
        line = line_of(self._tree["steps"], number)
        if len(node) != 1:
            raise PlaybookError("a step is one kind with its arguments", path=self._path, line=line,
                                hint="write each step as '- kind: {...}'")  # fmt: skip
        kind, arguments = next(iter(node.items()))
        if kind not in kinds:
            raise PlaybookError(f"there is no step {kind}", path=self._path, line=line, hint=suggestion(kind, kinds))
        try:
            args = kinds[kind].model_validate(arguments if arguments is not None else {})
        except ValidationError as error:
            raise self._complaint(error, ("steps", number, kind), kinds[kind]) from error
        return Step(kind, args, line)

    def _complaint(self, error: ValidationError, base: tuple[Any, ...], model: type[BaseModel]) -> PlaybookError:
        first = error.errors()[0]
        place = (*base, *first["loc"])
        name = ".".join(str(part) for part in first["loc"]) or (str(base[-1]) if base else "playbook")
        message = first["msg"].removeprefix("Value error, ")
        hint = ""
        if first["type"] == "extra_forbidden":
            message, hint = "unknown key", suggestion(str(first["loc"][-1]), _fields(model, first["loc"][:-1]))
        elif first["type"] == "missing":
            message = "is missing"
        line, column = self._position(place)
        return PlaybookError(f"{name}: {message}", path=self._path, line=line, column=column, hint=hint)

    def _position(self, place: tuple[Any, ...]) -> tuple[int, int]:
        node, line, column = self._tree, 1, 0
        for part in place:
            if not isinstance(node, dict | list) or (isinstance(node, dict) and part not in node):
                break
            if isinstance(node, list) and not (isinstance(part, int) and part < len(node)):
                break
            position = getattr(node, "lc", None)
            if position is not None:
                where = (position.key if isinstance(node, dict) else position.item)(part)
                line, column = where[0] + 1, where[1] + 1
            node = node[part]
        return line, column


def _fields(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    """Keys that may stand at a place, as far as the models tell."""
    current = model
    for part in place:
        field = current.model_fields.get(str(part))
        if field is None:
            continue  # the key of a mapping or the number in a list
        inner = list(_models_in(field.annotation))
        if not inner:
            return []
        current = inner[0]
    return sorted(field.alias or name for name, field in current.model_fields.items())


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
