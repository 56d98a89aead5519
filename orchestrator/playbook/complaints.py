"""Complaints about a playbook: what pydantic says, with the line it speaks of and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from orchestrator.errors import PlaybookError, suggestion
from orchestrator.playbook.playbook import Document, Step

# What pydantic calls a complaint: our words for it, and the cure.
_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("is missing", "it has no default: write it down"),
    "dict_type": ("is not a mapping", "write key: value pairs"),
    "model_type": ("is not a mapping", "write key: value pairs"),
    "list_type": ("is not a list", "write one item a line, each behind a dash"),
    "string_type": ("is not text", "put it in quotes"),
    "too_short": ("is empty", "write at least one item"),
}


def position_of(node: Any, place: Any) -> tuple[int, int]:
    """Line and column, from 1, of a key or an item of the YAML tree; (0, 0) when the tree does not tell."""
    position = getattr(node, "lc", None)
    if position is None:
        return 0, 0
    try:
        line, column = (position.key if isinstance(node, dict) else position.item)(place)
    except (KeyError, TypeError, IndexError):
        # A key that came through a YAML merge stands elsewhere.
        line, column = position.line, position.col
    return line + 1, column + 1


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
        line, column = position_of(self._tree["steps"], number)
        if len(node) != 1:
            raise PlaybookError("a step is one kind with its arguments", path=self._path, line=line, column=column,
                                hint="write each step as '- kind: {...}'")  # fmt: skip
        kind, arguments = next(iter(node.items()))
        if kind not in kinds:
            raise PlaybookError(f"there is no step {kind}", path=self._path, line=line, column=column,
                                hint=suggestion(kind, kinds))  # fmt: skip
        try:
            args = kinds[kind].model_validate(arguments if arguments is not None else {})
        except ValidationError as error:
            raise self._complaint(error, ("steps", number, kind), kinds[kind]) from error
        return Step(kind, args, line)

    def _complaint(self, error: ValidationError, base: tuple[Any, ...], model: type[BaseModel]) -> PlaybookError:
        # A misspelt key is also a missing one: the unknown key tells more.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        place = (*base, *first["loc"])
        name = ".".join(str(part) for part in first["loc"]) or (str(base[-1]) if base else "playbook")
        message, hint = _WORDS.get(first["type"], (first["msg"].removeprefix("Value error, "), ""))
        if first["type"] == "extra_forbidden":
            message, hint = "unknown key", suggestion(str(first["loc"][-1]), _fields(model, first["loc"][:-1]))
        elif first["type"] in ("literal_error", "enum"):
            hint = suggestion(str(first["input"]), re.findall(r"'([^']+)'", first["ctx"]["expected"]))
        line, column = self._position(place)
        hint = hint or _description(model, first["loc"]) or "orchestrator schema prints what may stand here"
        return PlaybookError(f"{name}: {message}", path=self._path, line=line, column=column, hint=hint)

    def _position(self, place: tuple[Any, ...]) -> tuple[int, int]:
        node, line, column = self._tree, 1, 1
        for part in place:
            if not isinstance(node, dict | list) or (isinstance(node, dict) and part not in node):
                break
            if isinstance(node, list) and not (isinstance(part, int) and part < len(node)):
                break
            where = position_of(node, part)
            line, column = where if where[0] else (line, column)
            node = node[part]
        return line, column


def _fields(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    """Keys that may stand at a place, as far as the models tell."""
    current = model
    for part in place:
        field = _field(current, part)
        if field is None:
            continue  # the key of a mapping or the number in a list
        inner = list(_models_in(field.annotation))
        if not inner:
            return []
        current = inner[0]
    return sorted(field.alias or name for name, field in current.model_fields.items())


def _field(model: type[BaseModel], written: Any) -> FieldInfo | None:
    fields = model.model_fields
    return next((field for name, field in fields.items() if (field.alias or name) == written), None)


def _description(model: type[BaseModel], place: tuple[Any, ...]) -> str:
    """What the models say of a key, empty when they say nothing."""
    for part in place:
        field = _field(model, part)
        if field is None:
            continue
        if part == place[-1]:
            return field.description or ""
        model = next(iter(_models_in(field.annotation)), model)
    return ""


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
