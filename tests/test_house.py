"""The house: floors, dependencies, documents, and what a wheel holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "orchestrator"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
README = (ROOT / "README.md").read_text()
MODULES = {"junos-eznc": "jnpr", "ruamel.yaml": "ruamel", "jinja2": "jinja2"}


def _imports(folder: Path) -> dict[str, set[str]]:
    """Top-level modules imported, and by which files."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.append(node.module)
            for name in names:
                found.setdefault(name.partition(".")[0], set()).add(str(path.relative_to(PACKAGE)))
    return found


def test_imports_only_go_down() -> None:
    done = subprocess.run(["lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_room_has_a_circle_inside() -> None:
    """Modules of the package never import each other in a ring, at run time."""
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    graph: dict[str, set[str]] = {name: set() for name in files}
    for name, path in files.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & files.keys()
                graph[name] |= inner or {node.module}

    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        for name in graph.get(start, ()):
            if name == goal or (name not in seen and not seen.add(name) and reaches(name, goal, seen)):
                return True
        return False

    assert [name for name in graph if reaches(name, name, set())] == []


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_every_direct_dependency_is_used_by_product_code(requirement: str) -> None:
    name = re.split(r"[<>=\[ ]", requirement)[0]
    users = _imports(PACKAGE).get(MODULES.get(name, name), set())
    assert users, f"{name} is imported nowhere"
    assert re.search(r"<\d", requirement), f"{name} has no upper bound"


def test_the_four_named_libraries_do_their_work_where_the_design_says() -> None:
    users = _imports(PACKAGE)
    assert users["jnpr"] == {"driver/pyez.py"}
    assert "driver/netconf.py" in users["ncclient"]
    assert users["jxmlease"] == {"steps/command.py"}
    assert users["tenacity"] == {"driver/retry.py"}


def test_the_readme_names_every_step_every_variable_type_and_every_exit_code() -> None:
    entry_points = PROJECT["entry-points"]["orchestrator.steps"]
    for name in entry_points:
        assert f"| `{name}` |" in README
    variables = ast.parse((PACKAGE / "playbook/variables.py").read_text())
    kinds = next(n for n in variables.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "VariableType")
    for kind in ast.literal_eval(ast.unparse(kinds.value).partition("[")[2].rpartition("]")[0]):
        assert f"`{kind}`" in README
    assert re.findall(r"^\| (\d) \|", README, re.MULTILINE) == ["0", "1", "2", "3"]


def test_links_in_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} -> {target}"


def test_the_test_command_of_the_readme_is_the_one_ci_calls() -> None:
    assert "python -m pytest" in README
    assert "python -m pytest" in (ROOT / ".ci/run").read_text()


def test_a_wheel_holds_the_data_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for needed in (
        "orchestrator/py.typed",
        "orchestrator/lab/personas/vsrx-24.4.yml",
        "orchestrator/lab/scenarios/default.yml",
        "orchestrator/playbook/shipped/flow-capture.yml",
    ):
        assert needed in names


def test_no_machine_path_and_no_registry_is_named() -> None:
    done = subprocess.run(
        ["git", "grep", "-nE", r"/(work|farm)/|find-links|extra-index", "--", ".", ":!tests/test_house.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == ""
