"""A finished run looked at again: its files read and judged by the program of today."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.analysis import expectations, ipsec_switch
from orchestrator.analysis.asked import Asked
from orchestrator.analysis.document import judged
from orchestrator.analysis.gather import Input, gather
from orchestrator.analysis.judge import judge
from orchestrator.errors import InputError
from orchestrator.playbook.playbook import Expectation
from orchestrator.runner.conclusion import is_ours
from orchestrator.store.runs import RunDirectory

GAPS = "gaps"


def looked_at_again(run: RunDirectory, result: Mapping[str, Any], expect: tuple[Expectation, ...]) -> dict[str, Any]:
    """The result document with everything that is judged judged anew; a device that has no verdict keeps none.

    Raises:
        InputError: a file of the run is gone.
        ParseError: a file can no longer be read.
    """
    devices = [_device(run, one, expect) if one.get("asked") else one for one in result["devices"]]
    return {**result, "devices": devices, "verdict": _common(result, devices)}


def _device(run: RunDirectory, told: Mapping[str, Any], expect: tuple[Expectation, ...]) -> dict[str, Any]:
    asked = Asked.from_dict(told["asked"])
    evidence = gather(_inputs(run, told), asked, mine=lambda packet: is_ours(packet, run.run_id))
    if evidence.packets is None and any(step["kind"] == "flow_trace" for step in told["steps"]):
        evidence.packets = []
    before = [text for step in told["steps"] for text in step.get("data", {}).get(GAPS, ())]
    ended_early = ["the capture was ended before its time"] if told["status"] != "completed" else []
    evidence.gaps = tuple(dict.fromkeys([*before, *evidence.gaps, *ended_early]))
    judgement = judge(asked, evidence)
    checks = expectations.check(expect, judgement, evidence)
    if told["status"] == "completed":
        switches = [step.get("data", {}) for step in told["steps"] if step["kind"] == ipsec_switch.STEP]
        checks += ipsec_switch.checks(expect, switches, ipsec_switch.Ending(told["obligations_open"]))
    return {**told, **judged(judgement, evidence, checks)}


def _inputs(run: RunDirectory, told: Mapping[str, Any]) -> list[Input]:
    artifacts = told["artifacts"]
    windows = [one for one in artifacts if one["origin"].endswith("(window)")]
    found = []
    for one in artifacts:
        if one["kind"] == "system_log" and windows and one not in windows:
            continue
        path = run.path / Path(one["name"])
        if not path.is_file():
            raise InputError("a file of the run is gone", path=path, hint="orchestrator runs verify tells what else is")
        found.append(Input(path, one["kind"], one.get("phase", "after")))
    return found


def _common(result: Mapping[str, Any], devices: list[dict[str, Any]]) -> Any:
    """The verdict of the whole: of one device its own, of several what they share, else what was said then."""
    said = {one["verdict"] for one in devices}
    return said.pop() if len(said) == 1 else result["verdict"]
