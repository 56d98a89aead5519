"""Flow options and application timeouts: every folder of ``tests/data/flow_configuration`` and what it must give."""

import json
from pathlib import Path

import pytest
from lxml import etree

from orchestrator.model.flow_configuration import (
    TCP_INITIAL_TIMEOUT_SECONDS,
    Aging,
    FlowConfiguration,
    TcpSession,
)
from orchestrator.parsers import flow_configuration
from orchestrator.parsers.as_json import as_json

CASES = sorted((Path(__file__).parent.parent / "data" / "flow_configuration").glob("*/"))


def read(case: Path) -> FlowConfiguration:
    reply = etree.parse(case / "input.xml").getroot()
    return flow_configuration.parse(reply, flow_configuration.application_timeouts(reply))


def said(value: object) -> object:
    """What is not silent, by name."""
    if isinstance(value, dict):
        return {key: said(each) for key, each in value.items() if said(each) not in (None, {}, [])}
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_stands_is_read_and_the_rest_is_silent(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    assert said(as_json(read(case))) == expected


def test_there_are_cases() -> None:
    assert len(CASES) == 5


def test_silence_is_none_everywhere_and_not_a_default() -> None:
    found = flow_configuration.parse(etree.fromstring("<configuration/>"))
    assert found == FlowConfiguration()
    values = [getattr(found.tcp_session, name) for name in TcpSession.__dataclass_fields__]
    assert set(values) == {None}
    assert found.application_timeouts is None
    assert (found.tcp_initial_timeout, found.early_ageout) == (TCP_INITIAL_TIMEOUT_SECONDS, 20)


def test_the_configured_time_goes_before_the_documented_one() -> None:
    found = FlowConfiguration(tcp_session=TcpSession(tcp_initial_timeout=4), aging=Aging(early_ageout=7))
    assert (found.tcp_initial_timeout, found.early_ageout) == (4, 7)


def test_a_reply_tells_whether_it_holds_the_sections_at_all() -> None:
    off = etree.fromstring('<configuration><security><flow inactive="inactive"/></security></configuration>')
    assert flow_configuration.holds_flow(off)
    assert not flow_configuration.holds_flow(etree.fromstring("<configuration><security/></configuration>"))
    assert flow_configuration.holds_applications(etree.fromstring("<configuration><applications/></configuration>"))
    assert not flow_configuration.holds_applications(off)
