"""Every folder under ``tests/data/<kind>/<case>`` is an input and the records it must give."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.parsers.as_json import as_json
from orchestrator.parsers.kinds import KINDS, kind_of
from orchestrator.parsers.source import Source

DATA = Path(__file__).parent.parent / "data"
CASES = sorted(path.parent for kind in KINDS for path in (DATA / kind).glob("*/expected.json"))
MODIFIED = datetime(2025, 3, 20, tzinfo=UTC)


def actual(case: Path) -> dict:
    source = Source.of_path(next(case.glob("input.*")), MODIFIED)
    source.name = "input"
    reading = KINDS[case.parent.name](source)
    records = [{"is": type(each).__name__} | as_json(each) for each in reading]
    return {"records": records, "unrecognised": reading.unrecognised, "declared": reading.tally.declared}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_input_gives_the_expected_records(case: Path):
    assert actual(case) == json.loads((case / "expected.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_kind_of_every_case_is_told(case: Path):
    told = kind_of(Source.of_path(next(case.glob("input.*"))))
    assert told == (case.parent.name if case.name != "xml_escaped_by_a_page" else "")  # said by its user


def test_every_kind_has_a_case():
    assert {case.parent.name for case in CASES} == set(KINDS)


def test_an_ordinary_log_without_rt_flow_is_a_log():
    text = "Mar  3 10:11:12 fw1 sshd[123]: Accepted password for x\nMar  3 10:11:13 fw1 mgd[9]: UI_COMMIT: done\n"
    records = list(KINDS["system_log"](Source.of_text(text)))
    assert [(each.form, each.process, each.tag) for each in records] == [
        ("plain", "sshd", ""),
        ("plain", "mgd", "UI_COMMIT"),
    ]
