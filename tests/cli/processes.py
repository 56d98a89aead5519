"""Starting the program as people start it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "orchestrator")
LAB_SECONDS = 30


def environment(state: Path) -> dict[str, str]:
    """Ours, with a state directory of its own."""
    return {**os.environ, "ORCHESTRATOR_STATE": str(state), "COLUMNS": "200"}


@contextlib.contextmanager
def lab_process(state: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """``lab up`` and what it printed of its first device."""
    process = subprocess.Popen(
        [*PROGRAM, "lab", "up", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(state),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LAB_SECONDS)
