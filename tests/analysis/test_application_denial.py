"""A denial by an application policy is told from one by an ordinary policy, also where RT_FLOW words both alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.analysis.asked import Asked
from orchestrator.analysis.gather import Input, gather
from orchestrator.analysis.judge import judge
from orchestrator.analysis.rules import application_firewall as rule
from orchestrator.model.flow import Endpoint
from orchestrator.model.verdict import Answer

LOG_12_3 = (
    "Nov  3 10:00:01 fw RT_FLOW: RT_FLOW_SESSION_DENY: session denied 10.1.1.47/50001->192.0.2.80/80 junos-http 6(0) "
    "no-web trust untrust\n"
)
POLICIES = """<rpc-reply><configuration><security><policies><policy>
<from-zone-name>trust</from-zone-name><to-zone-name>untrust</to-zone-name>
<policy><name>no-web</name><match><application>any</application>{match}</match>
<then><deny/><log><session-init/></log></then></policy>
</policy></policies></security></configuration></rpc-reply>
"""
DYNAMIC = "<dynamic-application>junos:HTTP</dynamic-application>"
BY_APPLICATION, BY_POLICY = "denied by an application policy", "denied by policy"


def judged(folder: Path, log: str, match: str | None) -> Answer:
    (folder / "log").write_text(log)
    inputs = [Input(folder / "log", "system_log")]
    if match is not None:
        (folder / "policies.xml").write_text(POLICIES.replace("{match}", match))
        inputs.append(Input(folder / "policies.xml", "policy_configuration"))
    asked = Asked(source=Endpoint.parse("10.1.1.47"), destination=Endpoint.parse("192.0.2.80:80"))
    return judge(asked, gather(inputs, asked)).answer


@pytest.mark.parametrize(
    ("match", "symptom"),
    [(DYNAMIC, BY_APPLICATION), ("", BY_POLICY), (None, BY_POLICY),
     ("<dynamic-application>any</dynamic-application>", BY_POLICY)],
)  # fmt: skip
def test_an_old_denial_is_the_applications_when_its_policy_asks_for_one(
    tmp_path: Path, match: str | None, symptom: str
) -> None:
    answer = judged(tmp_path, LOG_12_3, match)
    assert (answer.verdict, [one.symptom for one in answer.findings]) == ("denied", [symptom])


def test_the_confirmed_wording_of_the_trace_is_no_soft_pattern() -> None:
    told = "packet dropped, discarded by dynapp policy deny-http"
    assert rule.STOP.confirmed
    assert rule.STOP.trace is not None
    assert rule.STOP.trace.search(told)
    assert rule.OTHERWISE.trace is not None
    assert not rule.OTHERWISE.confirmed
