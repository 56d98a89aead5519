"""Every conversation of the lab's symptoms scenario gets the right verdict, for the right reason, from one run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from place import Site, start_site

from orchestrator.analysis.asked import Asked
from orchestrator.analysis.gather import Input, gather
from orchestrator.analysis.judge import judge
from orchestrator.lab.scenario import Endpoint as LabEndpoint
from orchestrator.lab.scenario import load
from orchestrator.model.flow import Endpoint
from orchestrator.model.verdict import Answer

BOOK = """
name: symptoms
steps:
  - policy_configuration: {}
  - session_table: {save: before}
  - packet_drop: {save: before}
  - flow_trace:
      filters:
        - {source: 10.0.0.0/8}
        - {destination: 10.0.0.0/8}
        - {source: 192.0.2.0/24}
      for: 9s
  - packet_drop: {save: after}
  - session_table: {save: after}
  - system_log: {since: run}
"""
# Conversation: verdict, and the symptom that must be told.
EXPECTED = {
    "policy-deny": ("denied", "denied by policy"),
    "default-deny": ("denied", "denied by policy"),
    "policy-reject": ("denied", "denied by policy"),
    "no-route": ("dropped", "no route"),
    "reject-route": ("dropped", "no route"),
    "out-of-state": ("dropped", "TCP out of state"),
    "self-refused": ("dropped", "self-traffic not permitted"),
    "spoofed": ("dropped", "dropped by a screen"),
    "land": ("dropped", "dropped by a screen"),
    "null-zone": ("dropped", "interface in no zone"),
    "to-null-zone": ("dropped", "interface in no zone"),
    "pool-exhausted": ("dropped", "translation failed"),
    "no-reply": ("permitted", "one direction only"),
    "port-closed": ("permitted", "the application does not listen"),
    "server-reset": ("permitted", "session closed early"),
    "client-reset": ("permitted", "session closed early"),
    "self-ping": ("permitted", "permitted"),
    "left-open": ("not-seen", "never reached flow"),  # it only spoke before the trace began
    "permitted": ("permitted", "permitted"),
}


@pytest.fixture(scope="module", params=["vsrx-24.4", "branch-17.3"])
def persona(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def inputs(persona: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Input]]:
    folder: Path = tmp_path_factory.mktemp("symptoms")
    with start_site(folder) as start:
        place: Site = start(scenario="symptoms", persona=persona)
        book = folder / "book.yml"
        book.write_text(BOOK)
        code, result, err = place.playbook(name=str(book))
        assert code in (0, 1), err
        device = result["devices"][0]
        yield [Input(Path(one["path"]), one["kind"], one["phase"]) for one in device["artifacts"]
               if not one["name"].endswith("messages")]  # fmt: skip


def _judged(inputs: list[Input], name: str) -> Answer:
    one = next(each for each in load("symptoms").traffic if each.name == name)
    asked = Asked(source=Endpoint.parse(one.source), destination=_end(one.destination))
    return judge(asked, gather(inputs, asked)).answer


def _end(end: LabEndpoint) -> Endpoint:
    return Endpoint.parse(f"{end.address}:{end.port}" if end.port else end.address)


def test_every_conversation_is_expected_to_show_something() -> None:
    assert {one.name for one in load("symptoms").traffic} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_verdict_is_right_and_says_why(inputs: list[Input], persona: str, name: str) -> None:
    answer = _judged(inputs, name)
    verdict, symptom = EXPECTED[name]
    if persona == "branch-17.3" and answer.verdict == "inconclusive":
        assert answer.missing  # headers without threads: where they cannot be told apart, nothing is claimed
        return
    assert answer.verdict == verdict, answer
    assert symptom in [one.symptom for one in answer.findings], answer
    assert not answer.contradictions
    told = next(one for one in answer.findings if one.symptom == symptom)
    assert told.lines or verdict == "not-seen", told
    assert all(line.text in Path(line.file).read_text(errors="replace") for line in told.lines if ":RT:" in line.text)
