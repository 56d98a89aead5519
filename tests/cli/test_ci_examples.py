"""The CI examples are not only read: their shell lines run, against a lab device, and leave what a CI picks up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml
from ruamel.yaml import YAML

HOUSE = Path(__file__).parents[2]
EXAMPLES = HOUSE / "examples"


def _load(name: str) -> Any:
    return YAML(typ="safe").load(EXAMPLES / name)


def _run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEVICE": "--lab -v seconds=3s", "ORCHESTRATOR_STATE": str(folder / ".orchestrator")}
    return subprocess.run(
        ["bash", "-ec", line], check=False, cwd=folder, env=environment, text=True, capture_output=True, timeout=90
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "playbooks").symlink_to(HOUSE / "playbooks")
    (tmp_path / "inventory").symlink_to(HOUSE / "inventory")
    return tmp_path


def _assert_picked_up(folder: Path) -> None:
    (suite,) = JUnitXml.fromfile(str(folder / "junit.xml"))
    assert (suite.tests, suite.failures, suite.errors) == (1, 0, 0)
    assert "<html" in (folder / "report.html").read_text()
    assert list((folder / ".orchestrator/runs").glob("*/manifest.sha256"))


def test_the_lines_of_the_github_example_run(workspace: Path) -> None:
    steps = {one.get("name"): one for one in _load("github-actions.yml")["jobs"]["conversation"]["steps"]}
    capture = _run(steps["capture"]["run"], workspace)
    assert capture.returncode == 0, capture.stderr
    report = _run(steps["report"]["run"], workspace)
    assert report.returncode == 0, report.stderr
    assert report.stdout.startswith("::notice title=lab%3A permitted::"), report.stdout
    _assert_picked_up(workspace)


def test_the_lines_of_the_gitlab_example_run(workspace: Path) -> None:
    job = _load("gitlab-ci.yml")["conversation"]
    for line in (*job["script"], *job["after_script"]):
        done = _run(line, workspace)
        assert done.returncode == 0, (line, done.stderr)
    _assert_picked_up(workspace)
