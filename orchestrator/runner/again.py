"""A finished run looked at again: its files read and judged by the program of today, the way they were then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.errors import InputError
from orchestrator.model.files import Artifact
from orchestrator.playbook.playbook import Playbook
from orchestrator.runner.conclusion import conclude
from orchestrator.runner.result import DeviceResult, Status, StepResult
from orchestrator.store.runs import RunDirectory


def looked_at_again(run: RunDirectory, result: Mapping[str, Any], playbook: Playbook) -> dict[str, Any]:
    """The result document with everything that is judged judged anew, by the run's own playbook.

    Raises:
        InputError: a file of the run is gone.
    """
    devices = [_device(run, one, playbook) for one in result["devices"]]
    return {**result, "devices": devices, "verdict": _common(result, devices)}


def _device(run: RunDirectory, told: Mapping[str, Any], playbook: Playbook) -> dict[str, Any]:
    again = DeviceResult(
        device=told["device"],
        status=Status(told["status"]),
        artifacts=[_artifact(run, one) for one in told["artifacts"]],
        steps=[StepResult(**one) for one in told["steps"]],
        obligations_open=told["obligations_open"],
    )
    conclude(again, playbook, run.run_id)
    notes = dict.fromkeys([*told["notes"], *again.notes])
    return {**told, **again.concluded(), "notes": list(notes)}


def _artifact(run: RunDirectory, told: Mapping[str, Any]) -> Artifact:
    path = run.path / Path(told["name"])
    if not path.is_file():
        raise InputError("a file of the run is gone", path=path, hint="orchestrator runs verify tells what else is")
    return Artifact(
        path=path,
        origin=told["origin"],
        method=told["method"],
        size_bytes=told["size"],
        sha256=told["sha256"],
        device_checksum=told["device_checksum"],
        kind=told["kind"],
        phase=told.get("phase", "after"),
    )


def _common(result: Mapping[str, Any], devices: list[dict[str, Any]]) -> Any:
    """The verdict of the whole: of one device its own, of several what they share, else what was said then."""
    said = {one["verdict"] for one in devices}
    return said.pop() if len(said) == 1 else result["verdict"]
