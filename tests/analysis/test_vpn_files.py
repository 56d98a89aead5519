"""Saved outputs of VPN commands, one to a file or all in one terminal session."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestrator.analysis.vpn_files import are_of_vpn, findings
from orchestrator.parsers.kinds import KINDS

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DATA = Path(__file__).parent.parent / "data"
IKE = "Index   State  Initiator cookie  Responder cookie  Mode           Remote Address\n"
DOWN = IKE + "41      DOWN   00112233445566aa  0000000000000000  Main           198.51.100.9\n"


def test_one_session_tells_what_its_outputs_tell(tmp_path: Path) -> None:
    statistics = (DATA / "ipsec_statistics").glob("*/input.txt")
    held = [("ike_sa", DOWN), ("ipsec_statistics", next(iter(sorted(statistics))).read_text())]
    files = [tmp_path / f"{kind}.txt" for kind, _ in held]
    for path, (_, text) in zip(files, held, strict=True):
        path.write_text(text)
    session = tmp_path / "session.txt"
    session.write_text("".join(f"lab@fw> show {kind}\n{text}" for kind, text in held) + "lab@fw> show version\nx\n")
    assert are_of_vpn(files)
    assert are_of_vpn([session])
    apart, together = findings(files, NOW), findings([session], NOW)
    assert [one.symptom for one in apart] == [one.symptom for one in together] != []


def test_a_session_that_holds_something_else_too_is_not_of_vpn(tmp_path: Path) -> None:
    assert "alarms" in KINDS
    session = tmp_path / "session.txt"
    alarms = "1 alarms currently active\nAlarm time Class Description\n"
    session.write_text(f"lab@fw> show security ike security-associations\n{DOWN}lab@fw> show chassis alarms\n{alarms}")
    assert not are_of_vpn([session])
