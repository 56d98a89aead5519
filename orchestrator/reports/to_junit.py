"""What a CI server reads: JUnit XML, a suite a device and a case an expectation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from orchestrator.reports import evidence
from orchestrator.reports.moments import moment, seconds_between
from orchestrator.reports.plain import plain

LINES = 12
_CONTROL = re.compile("[\N{REPLACEMENT CHARACTER}\x00-\x08\x0b-\x1f]")
_WENT_WRONG = frozenset({"failed", "refused", "interrupted", "owed"})


def render(result: Mapping[str, Any]) -> str:
    """One XML document; control characters, which XML 1.0 cannot hold, are left out."""
    playbook = _clean((result.get("playbook") or {}).get("name") or "run")
    document: Any = JUnitXml(playbook)  # type: ignore[no-untyped-call]  # the library's own gap
    for device in result.get("devices") or []:
        document.add_testsuite(_suite(device, result, playbook))
    document.update_statistics()
    xml: bytes = document.tostring()
    return xml.decode("utf-8")


def _suite(device: Mapping[str, Any], result: Mapping[str, Any], playbook: str) -> Any:
    suite: Any = TestSuite(_clean(device.get("device")))  # type: ignore[no-untyped-call]  # as above
    started = moment(result.get("started"))
    if started is not None:
        suite.timestamp = started.replace(tzinfo=None).isoformat(timespec="seconds")
    suite.hostname = _clean((result.get("by") or {}).get("machine")) or "unknown"
    for name in ("run_id", "status", "verdict"):
        suite.add_property(name, _clean(result.get(name) if name == "run_id" else device.get(name)) or "none")
    cases = list(_cases(device))
    took = seconds_between(started, moment(result.get("ended"))) or 0.0
    for case in cases:
        case.classname = f"{playbook}.{suite.name}"
        case.time = round(took / len(cases), 3)
        suite.add_testcase(case)
    return suite


def _cases(device: Mapping[str, Any]) -> Iterator[TestCase]:
    """Expectations, else the verdict; a run that went wrong is an error of its own."""
    wrong = device.get("status") in _WENT_WRONG or bool(device.get("error"))
    if wrong:
        yield _with("run", Error(_went_wrong(device), _clean(device.get("status")) or "failed"))
    expectations = device.get("expectations") or []
    for one in expectations:
        text = _clean(one.get("message")) or "not met"
        failure = None if one.get("passed") else _failure(text, "expectation", device)
        yield _with(_clean(one.get("name")) or "expectation", failure)
    verdict = _clean(device.get("verdict"))
    if not expectations and (verdict or not wrong):
        said = _clean(device.get("sentence")) or verdict
        yield _with("verdict", None if verdict in ("", "permitted") else _failure(said, verdict, device))


def _with(name: str, wrong: Error | Failure | None) -> TestCase:
    case = TestCase(name)
    if wrong is not None:
        case.result = [wrong]
    return case


def _went_wrong(device: Mapping[str, Any]) -> str:
    error = device.get("error") or {}
    owed = device.get("obligations_open")
    words = [error.get("message"), error.get("hint"), f"{owed} teardowns are owed" if owed else ""]
    return "; ".join(_clean(word) for word in words if word) or f"the run was {_clean(device.get('status'))}"


def _failure(message: str, kind: str, device: Mapping[str, Any]) -> Failure:
    """What was expected, and below it what shows the contrary."""
    failure = Failure(message, kind)
    failure.text = "\n".join(["", _clean(device.get("sentence")), *_proof(device), ""])
    return failure


def _proof(device: Mapping[str, Any]) -> Iterator[str]:
    for finding in device.get("findings") or []:
        yield f"{_clean(finding.get('symptom'))}: {_clean(finding.get('saw'))}"
        for line in (finding.get("lines") or [])[:LINES]:
            name = evidence.file_name(_clean(line["file"]))
            yield f"  {name}:{line['number']}: {evidence.body(_clean(line['text']))}"
        if finding.get("next"):
            yield f"  next: {_clean(finding['next'])}"
    for text in device.get("missing") or []:
        yield f"missing: {_clean(text)}"


def _clean(text: object) -> str:
    return "" if text is None else _CONTROL.sub("", plain(str(text)))
