"""Read a playbook: YAML with positions, variables filled in, every value checked."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import jinja2.sandbox
from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from orchestrator.errors import InputError, PlaybookError
from orchestrator.playbook.complaints import Reader, line_of, suggestion
from orchestrator.playbook.playbook import Document, Playbook
from orchestrator.playbook.variables import missing, read_value

MAX_BYTES = 256 * 1024


def find(name: str) -> Path:
    """A playbook by path, or by the name of one that ships with the product.

    Raises:
        InputError: there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = _shipped() / f"{path.name.removesuffix('.yml')}.yml"
    if path.parent in (Path(), Path("playbooks")) and shipped.is_file():
        return shipped
    known = ", ".join(sorted(one.stem for one in _shipped().glob("*.yml")))
    raise InputError(f"there is no playbook {name}", path=name, hint=f"shipped ones: {known}")


def _shipped() -> Path:
    inside = Path(str(resources.files("orchestrator.playbook"))) / "shipped"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "playbooks"


def load(path: Path, *, given: Mapping[str, str], kinds: Mapping[str, type[BaseModel]]) -> Playbook:
    """Read and check a playbook.

    ``given`` are the values for its variables, ``kinds`` the argument model of every step kind.

    Raises:
        PlaybookError: anything is wrong with it, with the line and a cure.
    """
    source = _read(path)
    tree = _parse(source, path)
    document = Reader(path, tree).document()
    values = _values(document, given, path)
    reader = Reader(path, _filled(tree, values, path))
    steps = tuple(reader.step(number, kinds) for number in range(len(document.steps)))
    return Playbook(
        name=document.name, about=document.about, steps=steps, expect=tuple(document.expect), limits=document.limits,
        values=values, source=source, path=str(path),
    )  # fmt: skip


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlaybookError(f"cannot be read: {error.strerror}", path=path) from error
    if len(raw) > MAX_BYTES:
        raise PlaybookError(f"is larger than {MAX_BYTES} bytes", path=path, hint="a playbook is a page of YAML")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PlaybookError("is not UTF-8 text", path=path, line=line) from error


def _parse(source: str, path: Path) -> Any:
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        tree = yaml.load(io.StringIO(source))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PlaybookError(
            f"is not YAML: {error.problem or error.context}", path=path,
            line=mark.line + 1 if mark else 0, column=mark.column + 1 if mark else 0,
            hint="check indentation, and that every key stands once",
        ) from error  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise PlaybookError(f"is not YAML: {error}", path=path) from error
    if not isinstance(tree, dict):
        raise PlaybookError("a playbook is a mapping with name and steps", path=path, line=1)
    return tree


def _values(document: Document, given: Mapping[str, str], path: Path) -> dict[str, str]:
    for name in given:
        if name not in document.vars:
            raise PlaybookError(f"has no variable {name}", path=path, hint=suggestion(name, document.vars))
    if absent := missing(document.vars, given):
        example = " ".join(f"-v {name}=..." for name in absent)
        raise PlaybookError(f"needs a value for {', '.join(absent)}", path=path, hint=f"give it: {example}")
    values = {}
    for name, variable in document.vars.items():
        try:
            values[name] = read_value(variable, given.get(name, variable.default))
        except ValueError as error:
            raise PlaybookError(f"variable {name}: {error}", path=path) from error
    return values


def _filled(tree: Any, values: Mapping[str, str], path: Path) -> Any:
    """Put the values in, in place: the tree keeps the lines it came from."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)

    def fill(text: str, line: int) -> str:
        try:
            return environment.from_string(text).render(values)
        except jinja2.UndefinedError as error:
            name = str(error).partition("'")[2].partition("'")[0]
            raise PlaybookError(str(error), path=path, line=line, hint=suggestion(name, values)) from error
        except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, OverflowError, MemoryError) as error:
            raise PlaybookError(f"the template cannot be filled: {error}", path=path, line=line) from error

    def walk(node: Any) -> None:
        places: Iterable[Any] = node if isinstance(node, dict) else range(len(node))
        for place in places:
            value = node[place]
            if isinstance(value, str) and "{" in value:
                node[place] = fill(value, line_of(node, place))
            elif isinstance(value, dict | list):
                walk(value)

    walk(tree["steps"])
    return tree
