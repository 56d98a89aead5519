"""Annotations of a CI: one line a device and a failed check, in the form GitHub Actions reads from a job's output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.reports.plain import plain


def render(result: Mapping[str, Any]) -> str:
    """Workflow commands: ``error`` for what fails the job, ``notice`` for what does not."""
    return "\n".join(line for device in result["devices"] for line in _of(device))


def _of(device: Mapping[str, Any]) -> Iterator[str]:
    name = device["device"]
    if device["obligations_open"]:
        yield _command("error", name, f"still owed a teardown: orchestrator recover {name}")
    if device["error"]:
        yield _command("error", name, f"{device['status']}: {device['error']['message']}")
    checks = device.get("expectations") or []
    for check in checks:
        if not check["passed"]:
            yield _command("error", f"{name}: {check['name']}", check["message"])
    if device["verdict"]:
        failed = not checks and device["verdict"] != "permitted"
        yield _command("error" if failed else "notice", f"{name}: {device['verdict']}", device["sentence"])


def _command(level: str, title: str, message: str) -> str:
    """A line of a device could hold a command of its own, so what ends or begins one is escaped."""
    return f"::{level} title={_escaped(title, ':,')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return plain(text)
