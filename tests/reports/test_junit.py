"""JUnit XML, held against a schema of our own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from samples import DATA, HOSTILE, everywhere, frozen

from orchestrator.reports import to_junit

SCHEMA = etree.XMLSchema(etree.parse(DATA / "junit/junit.xsd"))


def read(result: dict[str, Any]) -> etree._Element:
    """The document, after the schema has accepted it."""
    document = etree.fromstring(to_junit.render(result).encode())
    SCHEMA.assertValid(document)
    return document


def with_device(name: str, **changes: Any) -> dict[str, Any]:
    result = frozen(name)
    result["devices"][0] |= changes
    return result


@pytest.mark.parametrize("name", ["denied", "permitted", "failed", "denied-first-release"])
def test_every_kept_result_becomes_valid_junit(name: str) -> None:
    assert [one.get("name") for one in read(frozen(name))] == [one["device"] for one in frozen(name)["devices"]]


def test_real_results_become_valid_junit(real_results: dict[str, dict[str, Any]]) -> None:
    for name, wrong in (("permitted", 0), ("denied", 1)):
        document = read(real_results[name])
        assert len(document.findall(".//failure")) == wrong
        assert document.findall(".//error") == []


def test_an_expectation_that_is_not_met_fails_with_its_evidence() -> None:
    failure = read(frozen("denied")).find(".//testcase[@name='verdict: permitted']/failure")
    assert failure is not None
    assert failure.get("message") == "the verdict is denied"
    assert "  trace:17: denied by policy deny-smtp(4), dropping pkt" in (failure.text or "").splitlines()


def test_there_is_one_case_an_expectation_and_no_other() -> None:
    cases = read(frozen("permitted")).findall(".//testcase")
    assert [one.get("name") for one in cases] == ["verdict: permitted", "packets back: at least 1"]
    assert all(len(one) == 0 for one in cases)


@pytest.mark.parametrize(
    ("verdict", "fails"),
    [("permitted", 0), ("denied", 1), ("dropped", 1), ("not-seen", 1), ("inconclusive", 1), (None, 0)],
)
def test_without_expectations_only_permitted_or_no_verdict_passes(verdict: str | None, fails: int) -> None:
    document = read(with_device("permitted", verdict=verdict, expectations=[]))
    assert [one.get("name") for one in document.iter("testcase")] == ["verdict"]
    assert len(document.findall(".//failure")) == fails == int(document.get("failures", ""))


@pytest.mark.parametrize("status", ["failed", "refused", "interrupted", "owed"])
def test_a_run_that_could_not_do_its_job_is_an_error(status: str) -> None:
    document = read(with_device("failed", status=status, obligations_open=2 if status == "owed" else 0))
    error = document.find(".//testcase[@name='run']/error")
    assert error is not None
    assert error.get("type") == status
    assert "no route to 192.0.2.9; is the management address right?" in error.get("message", "")
    assert ("2 teardowns are owed" in error.get("message", "")) is (status == "owed")
    assert document.get("errors") == "1"


def test_an_error_beside_a_verdict_hides_neither() -> None:
    document = read(with_device("denied", status="owed", obligations_open=1, expectations=[]))
    assert [one.get("name") for one in document.iter("testcase")] == ["run", "verdict"]
    assert (document.get("errors"), document.get("failures")) == ("1", "1")


def test_hostile_text_makes_no_markup_and_no_control_characters() -> None:
    text = to_junit.render(everywhere(frozen("denied"), HOSTILE))
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    assert not set(text) & set("\x00\x1b\u202e\u2066\ud800\u2028\ufffd")
    assert "<script>" not in text


@given(st.text())
def test_any_text_at_all_becomes_xml(text: str) -> None:
    result = with_device("denied", sentence=text, device=f"d{text}")
    result["devices"][0]["findings"][0]["lines"][0]["text"] = text
    read(result)


def test_the_schema_of_the_test_refuses_what_is_not_junit() -> None:
    document = read(frozen("denied"))
    document[0].attrib.pop("tests")
    assert not SCHEMA.validate(document)
