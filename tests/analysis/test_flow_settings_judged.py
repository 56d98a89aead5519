"""What is odd about a flow configuration, whatever the session table says."""

from __future__ import annotations

import pytest

from orchestrator.analysis.flow_settings import judged
from orchestrator.model.flow_configuration import Aging, FlowConfiguration, TcpSession
from orchestrator.model.flow_session import SessionSummary
from orchestrator.model.flow_settings import FlowSettings


def symptoms(configuration: FlowConfiguration, *summaries: SessionSummary) -> list[str]:
    return [one.symptom for one in judged(FlowSettings(configuration=configuration), summaries).findings]


def test_an_initial_timeout_below_four_seconds_is_told() -> None:
    def told(seconds: int) -> list[str]:
        return symptoms(FlowConfiguration(tcp_session=TcpSession(tcp_initial_timeout=seconds)))

    assert told(3) == ["TCP initial timeout below the documented minimum"]
    assert (told(4), told(20)) == ([], [])
    assert told(21) == ["TCP initial timeout above the default"]


@pytest.mark.parametrize(
    ("aging", "expected"),
    [
        (Aging(early_ageout=20), ["aggressive ageing is configured and cannot begin"]),
        (Aging(low_watermark=70), ["aggressive ageing is configured and cannot begin"]),
        (Aging(high_watermark=90, low_watermark=90), ["the low-watermark is not below the high-watermark"]),
        (Aging(high_watermark=90, low_watermark=89), []),
        (Aging(), []),
    ],
)
def test_watermarks_that_cannot_work_are_told(aging: Aging, expected: list[str]) -> None:
    assert symptoms(FlowConfiguration(aging=aging)) == expected


def test_a_table_near_the_high_watermark_is_told_beside_the_statements() -> None:
    near = SessionSummary(counters={"active-sessions": 86, "max-sessions": 100})
    configuration = FlowConfiguration(aging=Aging(early_ageout=20, high_watermark=90, low_watermark=50))
    assert "aggressive ageing is about to begin" in symptoms(configuration, near)
    calm = SessionSummary(counters={"active-sessions": 20, "max-sessions": 100})
    assert symptoms(configuration, calm) == []


def test_nothing_read_is_nothing_judged() -> None:
    found = judged(FlowSettings(), None)
    assert (found.settings, found.findings) == ((), ())
