"""``alg``: keep what the device tells of an ALG: its conversations, its counters, and where it logs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from orchestrator.driver.base import Rpc
from orchestrator.driver.forms import first_known
from orchestrator.driver.guard.rpcs_services import APPLICATION_PROTOCOLS
from orchestrator.driver.operations import alg
from orchestrator.driver.operations.alg import ServiceFlowFilter
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.playbook.fields import EndpointField
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

_ALG = rf"^({'|'.join(sorted(APPLICATION_PROTOCOLS))})$"


class Args(Arguments):
    """Which ALG, between whom, and the name to keep it under."""

    alg: str = Field(pattern=_ALG, description="ftp, rtsp, or another application protocol of the card")
    service_set: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,63}$")
    source: EndpointField | None = None
    destination: EndpointField | None = None
    save: str = Field(default="alg", pattern=r"^[a-z0-9-]{1,32}$")

    def which(self) -> ServiceFlowFilter:
        """All conversations between the two: one that passes without its ALG is worth seeing."""
        return ServiceFlowFilter(source=self.source, destination=self.destination, service_set=self.service_set)


def run(args: Args, bench: Bench) -> Outcome:
    """Ask a services card, or an SRX, whichever the device knows.

    Raises:
        UnsupportedError: it knows neither.
        DeniedError: our class may not ask.
    """
    return first_known(
        bench.driver,
        "alg",
        {"services card": lambda: _of_card(args, bench), "srx": lambda: _of_srx(args, bench)},
    )


def _of_card(args: Args, bench: Bench) -> Outcome:
    outcome = Outcome(data={"save": args.save, "alg": args.alg})
    path = _path(bench, args, "conversations")
    found = alg.conversations(bench.driver, args.which(), keep=path)
    outcome.artifacts.append(_kept(bench, path, "show services stateful-firewall conversations", "stateful_firewall"))
    path = _path(bench, args, "statistics")
    alg.statistics(bench.driver, args.service_set, keep=path)
    outcome.artifacts.append(
        _kept(bench, path, "show services stateful-firewall statistics extensive", "stateful_firewall")
    )
    path = _path(bench, args, "logging")
    if alg.logging(bench.driver, keep=path) is not None:
        outcome.artifacts.append(_kept(bench, path, "show configuration", "services_configuration"))
    else:
        outcome.notes.append("the configuration may not be read: where the card logs is not known")
    mine = sum(1 for one in found if one.alg == args.alg)
    outcome.data["conversations"] = mine
    bench.say(f"{args.save}: {mine} conversation{'s' * (mine != 1)} of {args.alg}, {len(found)} in all")
    return outcome


def _of_srx(args: Args, bench: Bench) -> Outcome:
    path = _path(bench, args, "status")
    states = alg.status(bench.driver, keep=path)
    said = {True: "enabled", False: "disabled", None: "not shown"}
    told = ", ".join(f"{one.node} {said[one.enabled.get(args.alg)]}".strip() for one in states)
    bench.say(f"{args.save}: {args.alg} {told}")
    return Outcome(
        artifacts=[_kept(bench, path, "show security alg status", "alg")],
        notes=["this platform has no stateful-firewall conversations; its flows are flow sessions"],
        data={"save": args.save, "alg": args.alg},
    )


def _path(bench: Bench, args: Args, what: str) -> Path:
    return bench.folder / safe_name(f"alg-{what}-{args.save}.xml")


def _kept(bench: Bench, path: Path, command: str, kind: str) -> Artifact:
    return Artifact(
        path=path, origin=f"{bench.device.name}:{command}", method="netconf", size_bytes=path.stat().st_size,
        sha256=sha256(path), kind=kind,
    )  # fmt: skip


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """What a services card is asked; an SRX is asked ``get-alg-status`` instead."""
    del tag
    return [
        Planned(str(Rpc("get-service-sfw-conversation-information", args.which().args()))),
        Planned(str(Rpc("get-service-sfw-statistics-information", (("extensive", None),)))),
    ]
