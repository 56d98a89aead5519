"""What a person reads, and what a program reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.reports import to_json, to_text
from orchestrator.reports.plain import plain

TAG = "orc-20261123T161800-1a2b3c-605s-fwd"
LINE = f"Nov 23 16:18:00 16:18:00.1:CID-0:RT: matched filter {TAG}:"
EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egpj.exe\r\x08\x00"


def device(**changes: Any) -> dict[str, Any]:
    """One device of a result."""
    return {
        "device": "edge-fw1", "status": "completed", "verdict": "denied", "certainty": "certain",
        "sentence": "10.1.1.1/5 -> 192.0.2.25/25 tcp: denied by policy no-mail.", "error": None, "missing": [],
        "findings": [{
            "symptom": "denied by policy", "saw": "denied by policy no-mail(5)", "why": "",
            "next": "look at the policy", "lines": [{"file": f"/x/{TAG}", "number": 80, "text": LINE}],
        }],
        "artifacts": [{
            "path": "/runs/1/edge-fw1/trace", "name": "edge-fw1/trace", "size": 2048, "sha256": "ab" * 32,
            "device_checksum": "cd" * 32, "method": "scp",
        }],
        "commit_id_before": "re0-1-1", "commit_id_after": "re0-1-1", "commit_source": "revision", "notes": ["a note"],
        "steps": [{"kind": "system_log", "notes": ["2 on record"]}], "residue": ["the file setting"],
        "obligations_open": 0,
    } | changes  # fmt: skip


def text_of(*devices: dict[str, Any]) -> str:
    return to_text.render({"run_id": "R", "status": "completed", "directory": "/runs/1", "devices": list(devices)})


def test_the_verdict_comes_first_and_the_run_last() -> None:
    lines = text_of(device()).splitlines()
    assert lines[0] == "edge-fw1: DENIED"
    assert lines[1].endswith("denied by policy no-mail.")
    assert lines[-1] == "run R: completed, in /runs/1"


def test_the_evidence_stands_under_the_verdict_without_stamps_and_long_names() -> None:
    assert "    fwd:80: matched filter fwd" in text_of(device()).splitlines()
    assert "    next: look at the policy" in text_of(device()).splitlines()


def test_every_thing_left_behind_is_named() -> None:
    text = text_of(device(obligations_open=2))
    for line in (
        "    edge-fw1/trace  2.0 kB  sha256 abababababab  checked against the device",
        "  no commit happened: revision re0-1-1 before and after",
        "  note: a note",
        "  note: system_log: 2 on record",
        "  left on the device: the file setting",
        "  OWED: 2 teardowns; run: orchestrator recover edge-fw1",
    ):
        assert line in text.splitlines()


def test_a_file_that_was_not_checked_says_how_it_came() -> None:
    one = device()
    one["artifacts"][0] |= {"device_checksum": "", "method": "get-log"}
    assert "sha256 abababababab  get-log" in text_of(one)


def test_a_commit_by_somebody_is_told() -> None:
    assert "commit re0-1-1 before, re0-2-1 after" in text_of(device(commit_id_after="re0-2-1"))
    assert "no commit happened" not in text_of(device(commit_id_after="re0-2-1"))
    assert "commit" not in text_of(device(commit_id_before=None, commit_id_after=None))


def test_a_verdict_that_is_not_certain_says_so() -> None:
    assert text_of(device(certainty="likely")).startswith("edge-fw1: DENIED (likely)")


def test_an_error_stands_with_its_cure() -> None:
    failed = device(verdict=None, status="failed", error={"kind": "ConnectError", "message": "no route", "hint": "ask"})
    assert text_of(failed).splitlines()[:3] == ["edge-fw1: failed", "  no route", "  hint: ask"]


def test_every_device_is_told() -> None:
    text = text_of(device(), device(device="edge-fw2", verdict="permitted"))
    assert "edge-fw1: DENIED" in text
    assert "edge-fw2: PERMITTED" in text


def test_text_of_a_device_cannot_move_the_cursor() -> None:
    one = device(sentence=EVIL, notes=[EVIL], residue=[EVIL], missing=[EVIL],
                 error={"kind": "X", "message": EVIL, "hint": EVIL})  # fmt: skip
    one["findings"][0] |= {"symptom": EVIL, "saw": EVIL, "next": EVIL}
    one["findings"][0]["lines"][0]["text"] = EVIL
    one["artifacts"][0]["name"] = EVIL
    text = text_of(one)
    assert not set(text) & set("\x1b\x07\x08\x00\r\x9b\u202e")
    assert "gpj.exe" in text


@given(st.text())
def test_plain_text_has_no_control_but_line_ends_and_tabs(text: str) -> None:
    made = plain(text)
    assert len(made) == len(text)
    assert all(char in "\n\t" or not (ord(char) < 32 or 127 <= ord(char) < 160) for char in made)
    assert plain(made) == made


@pytest.mark.parametrize("text", ["caf\u00e9 \u4e2d\u6587", "a\tb\nc", "-> [x] {y}"])
def test_what_is_harmless_stays(text: str) -> None:
    assert plain(text) == text


def test_json_is_the_result_itself() -> None:
    result = {"run_id": "R", "devices": [device(sentence="\u00e9\x1b")]}
    assert json.loads(to_json.render(result)) == result
    assert "\x1b" not in to_json.render(result)
