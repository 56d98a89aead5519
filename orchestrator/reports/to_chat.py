"""An explanation short enough for a chat message: at most fifteen lines, the verdict first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.reports.evidence import file_name
from orchestrator.reports.plain import plain
from orchestrator.reports.to_text import body

LINES = 15
WIDTH = 160
PROOF = 3


def render(told: Mapping[str, Any]) -> str:
    """What happened, why, what proves it, what to do next, what is missing."""
    first, *rest = _lines(told)
    lines = [first, *(_short(line) for line in rest)]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"... {len(lines) - LINES + 1} more lines: --format json or html"]
    return plain("\n".join(lines))


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    sure = "" if told["certainty"] == "certain" else f" ({told['certainty']})"
    yield f"{str(told['verdict']).upper()}{sure}: {told['sentence']}"
    for text in told["contradictions"]:
        yield f"contradiction: {text}"
    for number, finding in enumerate(told["findings"]):
        if finding["symptom"] != "permitted":
            yield f"{finding['symptom']}: {finding['saw']}"
        lines = finding["lines"]
        for line in [*lines[:1], *lines[1:][1 - PROOF :]] if number == 0 else lines[-1:]:
            yield f"  {_place(line)}{body(line['text'])}"
        if finding["symptom"] != "permitted":
            yield f"  next: {finding['next']}"
    for text in told["missing"]:
        yield f"missing: {text}"
    yield f"read: {', '.join(_said(one) for one in told['sources'] if one['state'] != 'not available') or 'nothing'}"


def _said(source: Mapping[str, Any]) -> str:
    return f"{source['name']} ({source['says']})"


def _place(line: Mapping[str, Any]) -> str:
    name = file_name(line["file"])
    return f"{name}:{line['number']}: " if line["number"] else f"{name}: " if name else ""


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}\N{HORIZONTAL ELLIPSIS}"
