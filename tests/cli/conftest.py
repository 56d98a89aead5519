"""The command line as people use it: real processes, and one lab for a module."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from processes import PROGRAM, environment, lab_process

Result = subprocess.CompletedProcess[str]


@pytest.fixture
def orchestrator(state: Path, tmp_path: Path) -> Callable[..., Result]:
    """Runs the program in an empty folder and waits for it."""

    def run(*words: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
        return subprocess.run(
            [*PROGRAM, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60, check=False,
            cwd=tmp_path, env=environment(state) | dict(env or {}),
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A device with traffic, in a process of its own, and the folder of an inventory that reaches it."""
    folder = tmp_path_factory.mktemp("lab")
    with lab_process(folder / "state", "--name", "fw") as (_, device):
        inventory = folder / "inventory"
        subprocess.run(
            [*PROGRAM, "lab", "inventory", device["control"], "--into", inventory], check=True, capture_output=True,
            env=environment(folder / "state"),
        )  # fmt: skip
        yield device | {"inventory": str(inventory)}
