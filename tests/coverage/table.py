"""What of the documents is covered, and by what: writes ``docs/coverage.md``.

``tests/data/coverage/*.yml`` lists by hand what the documents hold, row by row, and names for each the places that
cover it. The second half is read from the code: every request that the guard lets out, who sends it, and on which
platform the lab answers it. A place that does not exist is a hole, and so is an empty one.

::

    python tests/coverage/table.py          # writes the document
    python tests/coverage/table.py --check  # exit code 1 when there is a hole or the document is old
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from orchestrator.driver.guard.rpcs import RPCS
from orchestrator.lab.operations import catalogue
from orchestrator.lab.persona import load, names

ROOT = Path(__file__).parents[2]
LISTS = ROOT / "tests/data/coverage"
DOCUMENT = ROOT / "docs/coverage.md"
PLACES = ("operation", "step", "parser", "lab", "test")
KINDS = ("command", "option", "output", "behaviour", "question", "log", "rule")
NOT_APPLICABLE = "n/a: "
BY_LIBRARY = {"close-session": "ncclient"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing a document holds: what it is, and for each of ``PLACES`` what covers it or why nothing does."""

    document: str
    number: int
    section: str
    kind: str
    what: str
    places: dict[str, tuple[str, ...]]

    def holes(self) -> Iterator[str]:
        """What is wrong with the row, in words."""
        here = f"{self.document}, row {self.number} ({self.what})"
        if self.kind not in KINDS:
            yield f"{here}: not a kind: {self.kind}"
        for place in PLACES:
            if not self.places[place]:
                yield f"{here}: nothing under {place}"
            for name in self.places[place]:
                if problem := _problem(place, name):
                    yield f"{here}: {place}: {problem}"


def rows() -> list[Row]:
    """Every row of every list, in the order of the documents."""
    found = []
    for path in sorted(LISTS.glob("*.yml")):
        for number, entry in enumerate(YAML(typ="safe").load(path.read_text("utf-8")), 1):
            places = {place: _several(entry.get(place)) for place in PLACES}
            texts = (str(entry.get(key, "")) for key in ("section", "kind", "what"))
            found.append(Row(path.stem, number, *texts, places))
    return found


def _several(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()


def _problem(place: str, name: str) -> str:
    """Why a place does not count, empty when it does."""
    if name.startswith(NOT_APPLICABLE):
        return "" if len(name) > len(NOT_APPLICABLE) + 5 else "no reason is given"
    if place == "test":
        return "" if _test_exists(name) else f"there is no test {name}"
    return "" if _exists(name) else f"there is no orchestrator.{name}"


@functools.cache
def _exists(name: str) -> bool:
    """Whether a dotted name is a module of the package, or something in one; ``playbooks/x.yml`` is a file."""
    if "/" in name:
        return (ROOT / name).is_file() or (ROOT / "orchestrator" / name).is_file()
    parts = ["orchestrator", *name.split(".")]
    for size in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:size]))
        except ModuleNotFoundError:
            continue
        for part in parts[size:]:
            fields = getattr(thing, "model_fields", None) or getattr(thing, "__annotations__", {})
            if not hasattr(thing, part) and part not in fields:
                return False
            thing = getattr(thing, part, None)
        return True
    return False


def _test_exists(name: str) -> bool:
    path, _, inside = name.partition("::")
    return (ROOT / path).is_file() and (not inside or inside.partition("[")[0] in _tests_of(path))


@functools.cache
def _tests_of(path: str) -> frozenset[str]:
    """Names of the tests of a file, those of a class as ``Class::test``."""
    found = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(found)


def senders() -> dict[str, list[str]]:
    """For each request of the guard, the modules of the package that name it."""
    found = {element: [BY_LIBRARY[element]] if element in BY_LIBRARY else [] for element in RPCS}
    for path in sorted((ROOT / "orchestrator").rglob("*.py")):
        room = path.relative_to(ROOT / "orchestrator").with_suffix("")
        if room.parts[0] == "lab" or "guard" in room.parts:
            continue
        texts = {
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for element in texts & found.keys():
            found[element].append(".".join(room.parts))
    return found


def answered() -> dict[str, list[str]]:
    """For each request of the guard, the personas of the lab that answer it."""
    known = {name: catalogue.Catalogue(load(name)) for name in names()}
    # A verb that a persona takes in another form than as an RPC is answered all the same.
    return {element: [name for name, one in known.items() if one.knows(element)] for element in RPCS}


def requests_without_a_home() -> list[str]:
    """Requests that the guard lets out and nobody sends, or that no persona of the lab answers."""
    sent, lab = senders(), answered()
    return [
        f"{element}: {'no module sends it' if not sent[element] else 'no persona answers it'}"
        for element in RPCS
        if not sent[element] or not (lab[element] or element in BY_LIBRARY)
    ]


def document(found: list[Row]) -> str:
    """The whole document."""
    lines = [
        "# Coverage",
        "",
        "What the documents hold, and what covers it. Written by `python tests/coverage/table.py`; the test run fails",
        "when a row has a hole, when a place it names is gone, or when this file is old.",
        "",
    ]
    for name in dict.fromkeys(row.document for row in found):
        of_it = [row for row in found if row.document == name]
        lines += [f"## {name}", "", f"{len(of_it)} rows.", ""]
        lines += ["| what | kind | " + " | ".join(PLACES) + " |", "|---" * (2 + len(PLACES)) + "|"]
        lines += [_line(row) for row in of_it] + [""]
    lines += ["## Requests", "", "Every RPC the guard lets out, from the code.", ""]
    lines += ["| RPC | effect | sent by | answered in the lab by |", "|---|---|---|---|"]
    sent, lab = senders(), answered()
    for element, rule in sorted(RPCS.items()):
        lines.append(f"| `{element}` | {rule.effect} | {_code(sent[element])} | {', '.join(lab[element])} |")
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    cells = [f"{row.section}: {row.what}" if row.section else row.what, row.kind]
    cells += [_code(row.places[place]) for place in PLACES]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(name if name.startswith(NOT_APPLICABLE) else f"`{name}`" for name in names)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a hole or an old document")
    checking = parser.parse_args().check
    found = rows()
    holes = [hole for row in found for hole in row.holes()] + requests_without_a_home()
    print("\n".join(holes) or f"{len(found)} rows and {len(RPCS)} requests, no hole")
    if not checking:
        DOCUMENT.write_text(document(found), "utf-8")
    return 1 if holes or (checking and DOCUMENT.read_text("utf-8") != document(found)) else 0


if __name__ == "__main__":
    sys.exit(main())
