"""Read a playbook: YAML with positions, variables filled in, every value checked."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import jinja2.sandbox
from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

from orchestrator.errors import InputError, PlaybookError, suggestion
from orchestrator.playbook.complaints import Reader, position_of
from orchestrator.playbook.playbook import Document, Playbook, Step
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
    values = _values(document, given, tree, path)
    reader = Reader(path, _filled(tree, values, path))
    steps = tuple(reader.step(number, kinds) for number in range(len(document.steps)))
    _refuse_same_names(steps, tree, path)
    return Playbook(
        name=document.name, about=document.about, steps=steps, expect=tuple(document.expect), limits=document.limits,
        values=values, source=source, path=str(path),
    )  # fmt: skip


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        hint = "a playbook is a file, or the name of a shipped one"
        raise PlaybookError(f"cannot be read: {error.strerror}", path=path, hint=hint) from error
    if len(raw) > MAX_BYTES:
        raise PlaybookError(f"is larger than {MAX_BYTES} bytes", path=path, hint="a playbook is a page of YAML")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start)
        raise PlaybookError(
            "is not UTF-8 text", path=path, line=line, column=column, hint="save it as UTF-8"
        ) from error


def _parse(source: str, path: Path) -> Any:
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        with warnings.catch_warnings(action="ignore", category=ReusedAnchorWarning):
            tree = yaml.load(io.StringIO(source))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PlaybookError(
            f"is not YAML: {error.problem or error.context}", path=path,
            line=mark.line + 1 if mark else 0, column=mark.column + 1 if mark else 0,
            hint="check indentation, and that every key stands once",
        ) from error  # fmt: skip
    except (YAMLError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        # What YAML knows and ruamel cannot build: a date without a day, a number beyond all measure.
        raise PlaybookError(f"is not YAML: {error}", path=path, line=1, column=1, hint="write plain YAML") from error
    if not isinstance(tree, dict):
        raise PlaybookError("a playbook is a mapping with name and steps", path=path, line=1, column=1,
                            hint="it begins with 'name: ...'; the shipped playbooks are examples")  # fmt: skip
    return tree


def _values(document: Document, given: Mapping[str, str], tree: Any, path: Path) -> dict[str, str]:
    line, column = position_of(tree, "vars")
    for name in given:
        if name not in document.vars:
            raise PlaybookError(f"has no variable {name}", path=path, line=line, column=column,
                                hint=suggestion(name, document.vars))  # fmt: skip
    if absent := missing(document.vars, given):
        example = " ".join(f"-v {name}=..." for name in absent)
        line, column = position_of(tree["vars"], absent[0])
        raise PlaybookError(f"needs a value for {', '.join(absent)}", path=path, line=line, column=column,
                            hint=f"give it: {example}")  # fmt: skip
    values = {}
    for name, variable in document.vars.items():
        try:
            values[name] = read_value(variable, given.get(name, variable.default))
        except ValueError as error:
            line, column = position_of(tree["vars"], name)
            raise PlaybookError(f"variable {name}: {error}", path=path, line=line, column=column,
                                hint=f"its type is {variable.type}") from error  # fmt: skip
    return values


class _Template(jinja2.sandbox.ImmutableSandboxedEnvironment):
    """Fills in values. What could multiply a short text into one without end is refused."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        del context, left, right
        raise jinja2.exceptions.SecurityError(f"{operator} is not for templates")


def _refuse_same_names(steps: Iterable[Step], tree: Any, path: Path) -> None:
    """Two steps of a kind that keep what they find under one name would leave only the later.

    A kind whose arguments say ``once`` stands at most once.
    """
    seen: dict[tuple[str, str], int] = {}
    for number, step in enumerate(steps):
        if getattr(step.args, "once", False):
            if (step.kind, "") in seen:
                line, column = position_of(tree["steps"], number)
                raise PlaybookError(
                    f"{step.kind} stands on line {seen[step.kind, '']} already, and only one fits into a run",
                    path=path, line=line, column=column, hint="make two playbooks of it, and run them in turn",
                )  # fmt: skip
            seen[step.kind, ""] = step.line
        save = getattr(step.args, "save", None)
        if save is None:
            continue
        name = (step.kind, save or repr(step.args))  # without a name it is made of the other arguments
        if name in seen:
            line, column = position_of(tree["steps"], number)
            raise PlaybookError(
                f"{step.kind} on line {seen[name]} is kept under the same name{': ' + save if save else ''}",
                path=path, line=line, column=column, hint="give each its own: save: NAME",
            )  # fmt: skip
        seen[name] = step.line


def _filled(tree: Any, values: Mapping[str, str], path: Path) -> Any:
    """Put the values in, in place: the tree keeps the lines it came from."""
    environment = _Template(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.globals.clear()

    def fill(text: str, line: int, column: int) -> str:
        try:
            return environment.from_string(text).render(values)
        except jinja2.UndefinedError as error:
            name = str(error).partition("'")[2].partition("'")[0]
            raise PlaybookError(str(error), path=path, line=line, column=column,
                                hint=suggestion(name, values)) from error  # fmt: skip
        except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError,
                RecursionError) as error:  # fmt: skip
            raise PlaybookError(f"the template cannot be filled: {error}", path=path, line=line, column=column,
                                hint="a template names a variable: {{ name }}") from error  # fmt: skip

    def walk(node: Any) -> None:
        places: Iterable[Any] = node if isinstance(node, dict) else range(len(node))
        for place in places:
            value = node[place]
            if isinstance(value, str) and "{" in value:
                node[place] = fill(value, *position_of(node, place))
            elif isinstance(value, dict | list):
                walk(value)

    walk(tree["steps"])
    return tree
