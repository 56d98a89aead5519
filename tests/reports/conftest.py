"""Real results, made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def _run(state: Path, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "orchestrator", "run", str(ROOT / "playbooks/flow-capture.yml"), "--lab",
               "-v", "seconds=1s", *words, "--format", "json"]  # fmt: skip
    environment = os.environ | {"ORCHESTRATOR_STATE": str(state), "NO_COLOR": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="session")
def real_results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the program prints of a permitted and of a denied conversation."""
    state = tmp_path_factory.mktemp("state")
    return {"permitted": _run(state), "denied": _run(state, "-v", "destination=192.0.2.25:25")}
