"""The judge before a corpus: ``tests/data/verdicts/<case>`` holds files as a device writes them, and what is true.

The labels come from what the format means and from what networks do, never from what the judge says. ``case.yml``:
``asked``; ``files`` with kind and phase, in the order given; ``filters`` whose packets count (all without it);
``verdict`` (several where the facts allow more than one); ``certainty`` where it is clear; symptoms that must be
``found`` and ``not_found``; ``evidence``, the lines that must be among those of the findings; ``contradictions`` (true,
false or ``any``); ``missing``, whether something that would make the answer firmer must be named; words that the
sentence ``says`` and ``never_says``.
"""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import orchestrator.analysis.rules
from orchestrator.analysis import big_trace
from orchestrator.analysis.asked import Asked
from orchestrator.analysis.gather import Input, gather, sort_out
from orchestrator.analysis.judge import judge
from orchestrator.model.flow import Endpoint
from orchestrator.model.flow_trace import TracePacket
from orchestrator.model.protocols import number_of
from orchestrator.model.verdict import Answer

DATA = Path(__file__).parent.parent / "data" / "verdicts"
CASES = sorted(path.parent for path in DATA.glob("*/case.yml"))
FETCHED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC).timestamp()  # the traces are of 20 and 21 November
KEYS = set("about asked files filters verdict certainty contradictions missing".split()) | set(
    "found not_found evidence says never_says".split()
)


def read(folder: Path) -> dict[str, Any]:
    case: dict[str, Any] = YAML(typ="safe").load(folder / "case.yml")
    assert set(case) <= KEYS, set(case) - KEYS
    return case


SEVERAL = [folder for folder in CASES if len(read(folder)["files"]) > 1]


def may_be_pasted(folder: Path) -> bool:
    """Whether the files could be outputs in one terminal session: text, and no rotated set."""
    kinds = [one["kind"] for one in read(folder)["files"]]
    is_text = not any(path.suffix == ".gz" for path in folder.iterdir()) and "pcap" not in kinds
    return is_text and len(kinds) > 1 and kinds.count("flow_trace") < 2 and kinds.count("system_log") < 2


def as_one_session(case: dict[str, Any], folder: Path) -> Path:
    """The files of a case as a person would paste them into a ticket."""
    session = folder / "ticket.txt"
    outputs = sorted(case["files"], key=lambda one: one.get("phase", "after") != "before")
    text = b"".join(f"lab@fw> show {one['kind']}\n".encode() + (folder / one["name"]).read_bytes() for one in outputs)
    session.write_bytes(b"they say it does not work\n" + text + b"lab@fw> show version\nJunos: 24.4R1.9\n")
    return session


def answer_to(case: dict[str, Any], folder: Path, session: Path | None = None) -> Answer:
    for path in folder.iterdir():
        os.utime(path, (FETCHED, FETCHED))
    ends = {key: Endpoint.parse(case["asked"][key]) for key in ("source", "destination") if key in case["asked"]}
    protocol = case["asked"].get("protocol")
    asked = Asked(protocol=number_of(protocol) if protocol else None, **ends)
    inputs = [Input(folder / one["name"], one["kind"], one.get("phase", "after")) for one in case["files"]]
    inputs = inputs if session is None else sort_out([session])
    filters = set(case.get("filters", ()))

    def mine(packet: TracePacket) -> bool:
        return bool(filters & set(packet.filter.split(",")))

    return judge(asked, gather(inputs, asked, mine=mine if filters else None)).answer


def disagreements(case: dict[str, Any], answer: Answer) -> Iterator[str]:
    verdicts = case["verdict"] if isinstance(case["verdict"], list) else [case["verdict"]]
    if answer.verdict not in verdicts:
        yield f"verdict {answer.verdict}, should be {' or '.join(verdicts)}"
    if answer.certainty != case.get("certainty", answer.certainty):
        yield f"{answer.certainty}, should be {case['certainty']}"
    if case["contradictions"] not in ("any", bool(answer.contradictions)):
        yield f"contradictions: {list(answer.contradictions)}"
    if "missing" in case and case["missing"] is not bool(answer.missing):
        yield f"missing: {list(answer.missing)}"
    yield from _of_findings(case, answer)
    yield from (f"does not say {words!r}" for words in case.get("says", ()) if words not in answer.sentence)
    yield from (f"says {words!r}" for words in case.get("never_says", ()) if words in answer.sentence)


def _of_findings(case: dict[str, Any], answer: Answer) -> Iterator[str]:
    symptoms = {one.symptom for one in answer.findings}
    yield from (f"not found: {one}" for one in case.get("found", ()) if one not in symptoms)
    yield from (f"found wrongly: {one}" for one in case.get("not_found", ()) if one in symptoms)
    lines = {(Path(line.file).name, line.number) for one in answer.findings for line in one.lines}
    for name, numbers in case.get("evidence", {}).items():
        yield from (f"no evidence from {name}:{number}" for number in numbers if (name, number) not in lines)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_judge_says_what_is_true(folder: Path, tmp_path: Path) -> None:
    case, copy = read(folder), tmp_path / "case"
    shutil.copytree(folder, copy)
    answer = answer_to(case, copy)
    told = list(disagreements(case, answer))
    assert not told, f"{case['about']}\n{answer.sentence}\n" + "\n".join(told)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_trace_too_big_to_keep_gets_the_same_verdict(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, copy = read(folder), tmp_path / "case"
    shutil.copytree(folder, copy)
    whole = answer_to(case, copy)
    monkeypatch.setattr(big_trace, "BIG_BYTES", -1)
    surveyed = answer_to(case, copy)
    assert surveyed.verdict == whole.verdict, surveyed.sentence
    assert surveyed.certainty in {whole.certainty, "likely"}  # of what shares an address only some can be told apart
    assert surveyed.sentence == whole.sentence


@pytest.mark.parametrize("folder", SEVERAL, ids=lambda folder: folder.name)
def test_the_order_in_which_files_are_named_changes_nothing(folder: Path, tmp_path: Path) -> None:
    case, copy = read(folder), tmp_path / "case"
    shutil.copytree(folder, copy)
    turned = case | {"files": case["files"][::-1]}
    assert answer_to(case, copy) == answer_to(turned, copy)


@pytest.mark.parametrize("folder", [one for one in CASES if may_be_pasted(one)], ids=lambda folder: folder.name)
def test_all_outputs_in_one_saved_session_get_the_same_verdict(folder: Path, tmp_path: Path) -> None:
    case, copy = read(folder), tmp_path / "case"
    shutil.copytree(folder, copy)
    apart = answer_to(case, copy)
    together = answer_to(case, copy, as_one_session(case, copy))
    assert (together.verdict, together.certainty) == (apart.verdict, apart.certainty), together.sentence
    assert together.sentence == apart.sentence


def symptoms_of_the_rules() -> set[str]:
    """Every symptom a rule can name, read from its source: a finding is made nowhere else with a constant name."""
    folder = Path(orchestrator.analysis.rules.__file__).parent
    trees = [ast.parse(path.read_text()) for path in sorted(folder.glob("*.py"))]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    values = [word.value for call in calls for word in call.keywords if word.arg == "symptom"]
    return {str(one.value) for one in values if isinstance(one, ast.Constant)}


@pytest.mark.parametrize("symptom", sorted(symptoms_of_the_rules()))
def test_every_symptom_has_a_case_that_finds_it_and_one_that_must_not(symptom: str) -> None:
    cases = [read(folder) for folder in CASES]
    assert [one for one in cases if symptom in one.get("found", ())], "no case finds it"
    assert [one for one in cases if symptom in one.get("not_found", ())], "no case must not find it"


def test_no_case_names_a_symptom_that_does_not_exist() -> None:
    known = symptoms_of_the_rules() | {"permitted"}
    named = {one for folder in CASES for key in ("found", "not_found") for one in read(folder).get(key, ())}
    assert named <= known, named - known


def test_every_file_of_a_case_is_read() -> None:
    for folder in CASES:
        held = {path.name for path in folder.iterdir()} - {"case.yml"}
        assert held == {one["name"] for one in read(folder)["files"]}, folder.name
