"""Bounds of a run, and selections that must not become wider than written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from place import Site

from orchestrator.analysis.expectations import Check
from orchestrator.analysis.judge import Judgement
from orchestrator.model.verdict import Answer, Verdict
from orchestrator.runner.result import DeviceResult, Status, exit_code

DEFAULT_REPLY_SECONDS = 30.0  # of a device in the inventory
StartSite = Callable[..., Site]


def _book(folder: Path, text: str) -> str:
    path = folder / "book.yml"
    path.write_text(f"name: book\n{text}")
    return str(path)


def test_a_run_ends_when_its_own_limit_is_up(site: StartSite, tmp_path: Path) -> None:
    place = site()
    book = _book(
        tmp_path, "limits: {run: 2s}\nsteps:\n  - flow_trace:\n      filters: [{source: 10.1.1.10}]\n      for: 60s\n"
    )
    code, result, err = place.playbook(name=book)
    assert (code, result["status"]) == (2, "failed"), err
    assert "run: 0:00:02" in result["devices"][0]["error"]["message"]
    place.assert_clean()


@pytest.mark.parametrize("limit", ["device", "step"])
def test_a_device_that_never_answers_holds_no_slot_longer_than_allowed(
    site: StartSite, tmp_path: Path, limit: str
) -> None:
    place = site()
    place.device.ask("fault", fault={"kind": "lost", "match": "get-flow-session-information", "times": 9})
    code, result, err = place.playbook(
        name=_book(tmp_path, f"limits: {{{limit}: 2s}}\nsteps:\n  - session_table: {{save: all}}\n")
    )
    assert (code, result["status"]) == (2, "failed"), err
    assert result["devices"][0]["error"]["kind"] == "DeadlineError"
    assert f"{limit}: 0:00:02" in result["devices"][0]["error"]["message"]
    assert result["devices"][0]["steps"][0]["seconds"] < DEFAULT_REPLY_SECONDS
    place.assert_clean()


@pytest.mark.parametrize(
    "steps",
    [
        "  - flow_trace: {filters: [{source: 10.0.0.1}]}\n  - flow_trace: {filters: [{source: 10.0.0.2}]}\n",
        "  - clear_sessions: {source: 10.1.1.10, kinds: [nat2]}\n",
        "  - clear_sessions: {also: {zoen: trust}}\n",
        "  - clear_sessions: {}\n",
        "  - flow_trace: {filters: [{}]}\n",
        "  - flow_trace: {filters: [{source: 10.0.0.1, destination: '2001:db8::1'}]}\n",
        "  - flow_trace: {filters: [{source: 10.0.0.1}], until: session}\n",
        "  - flow_trace: {filters: [{source: 10.0.0.1}], settle: 100ms}\n",
        "  - flow_trace: {filters: [{source: 0.0.0.0/0}]}\n",
    ],
)
def test_what_cannot_be_meant_is_refused_before_a_byte_leaves(site: StartSite, tmp_path: Path, steps: str) -> None:
    place = site()
    code, _, err = place.playbook(name=_book(tmp_path, f"steps:\n{steps}"))
    assert (code, "book.yml:" in err, "hint: " in err or "error: " in err) == (2, True, True)
    assert place.device.inspect()["wire_log"] == []


def test_a_machine_gets_one_object_also_when_nothing_was_begun(site: StartSite) -> None:
    place = site()
    code, out, err = place.run("run", "no-such-book", "-i", str(place.inventory), "-d", "srx1", "--format", "json")
    told = json.loads(out)
    assert (code, told["status"], told["devices"]) == (2, "refused", []), err
    assert "no-such-book" in told["error"]["message"]


def test_every_device_must_meet_what_is_expected() -> None:
    def said(verdict: Verdict, *checks: bool) -> DeviceResult:
        judgement = Judgement(Answer(verdict=verdict, sentence=""), [], [])
        return DeviceResult(device="a", judgement=judgement, checks=[Check("", passed, "") for passed in checks])

    assert exit_code([said(Verdict.DENIED, True)]) == 0
    assert exit_code([said(Verdict.DENIED, True), said(Verdict.PERMITTED, True, False)]) == 1
    assert exit_code([said(Verdict.DENIED), said(Verdict.PERMITTED)]) == 1
    assert exit_code([said(Verdict.PERMITTED), DeviceResult(device="c")]) == 0
    assert exit_code([said(Verdict.PERMITTED), DeviceResult(device="c", status=Status.OWED)]) == 3


def test_sessions_are_cleared_and_counted(site: StartSite, tmp_path: Path) -> None:
    place = site()
    book = _book(tmp_path, "steps:\n  - wait: {for: 1s}\n  - clear_sessions: {source: 10.1.1.10}\n")
    code, result, err = place.playbook(name=book)
    assert code == 0, err
    assert result["devices"][0]["steps"][1]["data"]["cleared"] > 0
