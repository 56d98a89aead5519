"""Which of a run's files are read as evidence."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.analysis.gather import Input
from orchestrator.model.files import WINDOW, Artifact


def to_read(artifacts: Sequence[Artifact]) -> list[Input]:
    """The files to read; of a log that was cut to a window only the window."""
    cut = {one.origin.removesuffix(WINDOW) for one in artifacts if one.origin.endswith(WINDOW)}
    return [Input(one.path, one.kind, one.phase) for one in artifacts if one.origin not in cut]
