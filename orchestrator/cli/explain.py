"""``explain``: a verdict from files, whoever captured them; no device is met."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import alg, vpn
from orchestrator.cli.console import data
from orchestrator.errors import InputError

if TYPE_CHECKING:
    from orchestrator.analysis.asked import Asked
    from orchestrator.model.flow import Endpoint


class Form(StrEnum):
    """How an explanation is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def explain(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Traces, session tables, drop records, logs, policies, ALGs, or gzip."),
    ],
    source: Annotated[str, typer.Option("--source", "-s", help="Only what this address or prefix says.")] = "",
    destination: Annotated[str, typer.Option("--destination", "-d", help="ADDRESS[:PORT] it says it to.")] = "",
    proto: Annotated[str, typer.Option("--proto", help="tcp, udp, icmp or a number.")] = "",
    format: Annotated[Form, typer.Option("--format", help="How the answer is written.")] = Form.TEXT,
) -> int:
    """Say what happened to a conversation, from files of any origin: a ticket, a colleague, a run of long ago.

    A file may be a terminal session with several commands. Files of a rotated set are put in order. Of two session
    tables, or two drop records, the first named is the earlier.
    Exit codes: 0 permitted, 1 any other verdict, 2 the files cannot be used.
    """
    from orchestrator.analysis.document import judged
    from orchestrator.analysis.gather import gather, sort_out
    from orchestrator.analysis.judge import judge
    from orchestrator.model.verdict import Verdict
    from orchestrator.reports import to_chat

    if alg.are_of_alg(files):
        return alg.explain(files, format)
    if vpn.are_of_vpn(files):
        return vpn.explain(files, format)
    asked = _asked(source, destination, proto)
    evidence = gather(sort_out(files), asked)
    evidence.covers = False  # a file does not tell the filters it was taken with
    judgement = judge(asked, evidence)
    told = judged(judgement, evidence, [])
    if format is Form.TEXT:
        data(to_chat.render(told))
    elif format is Form.JSON:
        data(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        data(_page(told, asked))
    return 0 if judgement.answer.verdict is Verdict.PERMITTED else 1


def _page(told: dict[str, Any], asked: Asked) -> str:
    from orchestrator.reports import to_html

    device = {"device": str(asked), "status": "completed", "error": None, "artifacts": [], "steps": [], "notes": [],
              "residue": [], "commit_id_before": None, "commit_id_after": None, "commit_source": None,
              "obligations_open": 0, "stopped_by": "", "facts": {}, "commands": [], **told}  # fmt: skip
    return to_html.render({"run_id": "", "status": "completed", "verdict": told["verdict"], "devices": [device]})


def _asked(source: str, destination: str, proto: str) -> Asked:
    from orchestrator.analysis.asked import Asked
    from orchestrator.model import protocols

    try:
        protocol = protocols.number_of(proto) if proto else None
    except ValueError as error:
        raise InputError(str(error)) from error
    return Asked(source=_endpoint(source), destination=_endpoint(destination), protocol=protocol)


def _endpoint(text: str) -> Endpoint | None:
    from orchestrator.model.flow import Endpoint

    if not text:
        return None
    try:
        return Endpoint.parse(text)
    except ValueError as error:
        raise InputError(str(error), hint="write 192.0.2.8, 192.0.2.0/24 or 192.0.2.8:443") from error
