"""What a person reads in the terminal: the verdict first, then what proves it, then what was left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.model.quantities import human_size
from orchestrator.reports import evidence, expected
from orchestrator.reports.plain import plain

EVIDENCE = 6
WIDTH = 100


def render(result: Mapping[str, Any]) -> str:
    """A page of plain text without colour."""
    lines = [line for device in result["devices"] for line in _device(device)]
    lines.append("")
    came_to = ", ".join(word for word in (result["status"], expected.in_words(result["devices"])) if word)
    lines.append(f"run {result['run_id']}: {came_to}, in {result['directory']}")
    return plain("\n".join(lines))


def _device(device: Mapping[str, Any]) -> Iterator[str]:
    verdict = device["verdict"]
    if verdict:
        sure = "" if device["certainty"] == "certain" else f" ({device['certainty']})"
        yield f"{device['device']}: {verdict.upper()}{sure}"
        yield f"  {device['sentence']}"
    else:
        yield f"{device['device']}: {device['status']}"
    if device["error"]:
        yield f"  {device['error']['message']}"
        if device["error"]["hint"]:
            yield f"  hint: {device['error']['hint']}"
    yield from _findings(device)
    yield from _files(device)
    yield from _afterwards(device)


def _findings(device: Mapping[str, Any]) -> Iterator[str]:
    for finding in device["findings"]:
        yield f"  {finding['symptom']}: {finding['saw']}"
        for line in finding["lines"][:EVIDENCE]:
            yield f"    {evidence.file_name(line['file'])}:{line['number']}: {body(line['text'])}"
        if finding["symptom"] != "permitted":
            yield f"    next: {finding['next']}"
    for text in device.get("contradictions", ()):
        yield f"  contradiction: {text}"
    checks = device.get("expectations", ())
    if met := [check["name"] for check in checks if check["passed"]]:
        yield f"  as expected: {', '.join(met)}"
    for check in checks:
        if not check["passed"]:
            yield f"  expected: {check['name']}: {check['message']}"
    for text in device["missing"]:
        yield f"  missing: {text}"


def body(text: str) -> str:
    """A line of evidence, cut to the width of the page."""
    short = evidence.body(text)
    return short if len(short) <= WIDTH else f"{short[: WIDTH - 1]}\N{HORIZONTAL ELLIPSIS}"


def _files(device: Mapping[str, Any]) -> Iterator[str]:
    """Where there is a verdict the trace it rests on, and how many more; else every file."""
    traces = [one for one in device["artifacts"] if one.get("kind") == "flow_trace"] if device["verdict"] else []
    shown = traces or device["artifacts"]
    if shown:
        yield "  files:"
    for one in shown:
        proof = "checked against the device" if one["device_checksum"] else one["method"]
        yield f"    {one['name']}  {human_size(one['size'])}  sha256 {one['sha256'][:12]}  {proof}"
    if more := len(device["artifacts"]) - len(shown):
        yield f"    and {more} more: tables, records and logs"


def _afterwards(device: Mapping[str, Any]) -> Iterator[str]:
    before, after = device["commit_id_before"], device["commit_id_after"]
    if before and before == after:
        yield f"  no commit happened: {device['commit_source']} {before} before and after"
    elif before and after:
        yield f"  commit {before} before, {after} after"
    for text in device["notes"]:
        yield f"  note: {text}"
    for step in device["steps"]:
        if device["verdict"] and step["kind"] == "packet_drop":
            continue  # what matters of them is in the verdict
        for text in step["notes"]:
            yield f"  note: {step['kind']}: {text}"
    for text in device["residue"]:
        yield f"  left on the device: {text}"
    if device["obligations_open"]:
        yield f"  OWED: {device['obligations_open']} teardowns; run: orchestrator recover {device['device']}"
