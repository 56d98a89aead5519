"""``show ike-sa|ipsec-sa|ipsec-statistics|certificates`` and ``clear ike-sa|ipsec-sa``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, answer, confirmed, data, talk
from orchestrator.cli.devices import DeviceArgument
from orchestrator.cli.options import DEFAULT_INVENTORY, FormatOption, InventoryOption
from orchestrator.errors import InputError
from orchestrator.reports.plain import plain

if TYPE_CHECKING:
    from orchestrator.model.certificate import Certificate
    from orchestrator.model.ipsec import IkeSa, IpsecDirection, IpsecSa, IpsecStatistics, Lifetime
    from orchestrator.model.ipsec_clear import Clearing
    from orchestrator.model.verdict import Finding

AllOption = Annotated[bool, typer.Option("--all", help="Every dynamic one, one request for each.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Columns = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer: what the device holds, what is odd about it, and what could not be checked."""

    records: tuple[Any, ...]
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()


def ike_sa(
    device: DeviceArgument,
    peer: Annotated[str, typer.Option("--peer", help="Only those with this peer.")] = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Security associations of IKE, whatever the platform calls the command, and what is wrong with them."""
    from orchestrator.analysis.vpn_findings import ike_findings
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import vpn

    _is_address(peer)
    with session(inventory, device) as driver:
        found = vpn.ike(driver, peer)
    _show(Shown(records=tuple(found), findings=tuple(ike_findings(found))), format, _ike_columns, "no IKE association")


def ipsec_sa(
    device: DeviceArgument,
    which: Annotated[str, typer.Argument(help="A name, a tunnel index or a remote gateway.")] = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Security associations of IPsec, whatever the platform calls the command, and what is wrong with them."""
    from orchestrator.analysis.vpn_findings import ipsec_findings
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import vpn

    with session(inventory, device) as driver:
        detail, brief = vpn.ipsec(driver), vpn.ipsec(driver, detail=False)
    found = [one for one in detail if not which or which in vpn.names_of(one)]
    shown = Shown(records=tuple(found), findings=tuple(ipsec_findings(found, brief)))
    if format is Format.TEXT:
        _table([row for one in found for row in _ipsec_rows(one)], "no IPsec association")
        _text_findings(shown)
    else:
        answer([shown], format, dict, empty="")


def ipsec_statistics(
    device: DeviceArgument, inventory: InventoryOption = DEFAULT_INVENTORY, format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Counters of IPsec; errors that are not zero are named."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import vpn

    with session(inventory, device) as driver:
        found = vpn.statistics(driver)
    reason = "whether error counters grow: one reading does not tell, take two"
    shown = Shown(records=tuple(found), not_checked=(reason,) if any(one.errors for one in found) else ())
    if format is Format.TEXT:
        _table([row for one in found for row in _counter_rows(one)], "no statistics")
        _text_findings(shown)
    else:
        answer([shown], format, dict, empty="")


def certificates(
    device: DeviceArgument,
    crl: Annotated[bool, typer.Option("--crl", help="Revocation lists instead.")] = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Certificates of the IPsec database and of the PKI: validity by the device's clock, trust, counters."""
    from orchestrator.analysis.certificate_findings import certificate_findings
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import system, vpn
    from orchestrator.model.certificate import Certificate, CertificateDatabase

    with session(inventory, device) as driver:
        if crl:
            answer(vpn.revocation_lists(driver), format, _list_columns, empty="no revocation list")
            return
        found = vpn.certificates(driver)
        now = system.clock(driver)
    late = () if now is not None else ("validity: the device does not show its clock",)
    findings = () if now is None else tuple(certificate_findings(found, now))
    shown = Shown(records=tuple(found), findings=findings, not_checked=late)
    if format is Format.TEXT:
        _table([_certificate_columns(one) for one in found if isinstance(one, Certificate)], "no certificate")
        for one in found:
            if isinstance(one, CertificateDatabase):
                data(f"database: {one.total} entries, {one.active} active, {one.locked} locked")
        _text_findings(shown)
    else:
        answer([shown], format, dict, empty="")


def clear_ike_sa(
    device: DeviceArgument,
    peer: Annotated[str, typer.Argument(help="Address of the peer.")] = "",
    everything: AllOption = False,
    yes: YesOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Clear the IKE associations with a peer and read back whether new ones came. It cannot be undone."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import vpn_clear

    _is_address(peer)
    _agreed(f"clear the IKE associations with {peer or 'every peer'} on {device}", peer, everything, yes)
    with session(inventory, device) as driver:
        done = vpn_clear.clear_ike(driver, peer, everything=everything)
    _tell(done, format)


def clear_ipsec_sa(
    device: DeviceArgument,
    which: Annotated[str, typer.Argument(help="A name, a tunnel index or a remote gateway.")] = "",
    everything: AllOption = False,
    yes: YesOption = False,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    format: FormatOption = Format.TEXT,
) -> None:
    """Clear a dynamic IPsec association and read back whether its SPIs changed. It cannot be undone."""
    from orchestrator.cli.workshop import session
    from orchestrator.driver.operations import vpn_clear

    _agreed(f"clear {which or 'every dynamic IPsec association'} on {device}", which, everything, yes)
    with session(inventory, device) as driver:
        done = vpn_clear.clear_ipsec(driver, which, everything=everything)
    _tell(done, format)


def are_of_vpn(files: Sequence[Path]) -> bool:
    """Whether saved files are outputs of these commands and nothing else."""
    from orchestrator.analysis.vpn_files import are_of_vpn as looked_at

    return looked_at(files)


def explain(files: Sequence[Path], form: str) -> int:
    """Say what saved outputs show of the tunnels, as ``text`` or ``json``. Exit code 1 when something is wrong."""
    from orchestrator.analysis.vpn_files import findings

    if form not in {"text", "json"}:
        raise InputError(f"tunnels are not explained as {form}", hint="--format text or json")
    found = findings(files, datetime.now(UTC))
    shown = Shown(records=(), findings=tuple(found), not_checked=("certificates by the clock of the device",))
    if form == "json":
        answer([shown], Format.JSON, dict, empty="")
    else:
        data(f"{len(found)} {'thing' if len(found) == 1 else 'things'} to look at")
        _text_findings(shown)
    return 1 if found else 0


def _is_address(text: str) -> None:
    from orchestrator.driver.guard import slots

    if text and not slots.ADDRESS(text):
        raise InputError(f"not an address: {text!r}", hint="a peer is named by its address")


def _agreed(what: str, name: str, everything: bool, yes: bool) -> None:
    if not name and not everything:
        raise InputError("nothing was named", hint="name a peer or an association, or say --all")
    if name and everything:
        raise InputError("a name and --all were given", hint="one of them")
    if not yes and not confirmed(f"{what}? it cannot be undone"):
        raise typer.Exit(2)


def _tell(done: Clearing, form: Format) -> None:
    if form is Format.TEXT:
        for one in done.cleared:
            data(plain(f"{one.what}: {one.aftermath} ({', '.join(one.before)} -> {', '.join(one.after) or 'nothing'})"))
        for text in done.skipped:
            talk(f"not cleared: {text}")
        if done.reply_lost:
            talk("the reply was lost; this was read back afterwards")
    else:
        answer([done], form, dict, empty="")
    if not done.worked:
        raise typer.Exit(1)


def _show(shown: Shown, form: Format, columns: Columns, empty: str) -> None:
    if form is Format.TEXT:
        _table([columns(one) for one in shown.records], empty)
        _text_findings(shown)
    else:
        answer([shown], form, dict, empty="")


def _table(rows: Sequence[dict[str, Any]], empty: str) -> None:
    answer(rows, Format.TEXT, dict, empty=empty)


def _text_findings(shown: Shown) -> None:
    for line in _finding_lines(shown):
        data(plain(line))


def _finding_lines(shown: Shown) -> Iterator[str]:
    for number, one in enumerate(shown.findings, 1):
        yield ""
        yield f"{number}. {one.symptom}{' (likely)' if one.soft else ''}"
        yield f"   saw:  {one.saw}"
        yield f"   why:  {one.why}"
        yield f"   next: {one.next}"
    if shown.not_checked:
        yield ""
        yield "not checked:"
        yield from (f"   {each}" for each in shown.not_checked)


def _ike_columns(one: IkeSa) -> dict[str, Any]:
    return {
        "peer": one.remote_address, "state": one.state, "exchange": one.exchange, "role": one.role.lower(),
        "initiator cookie": one.initiator_cookie, "responder cookie": one.responder_cookie,
        "left": _left(one.lifetime), "phase 2": _number(one.phase2_in_progress), "flags": ", ".join(one.flags),
        "node": one.node,
    }  # fmt: skip


def _ipsec_rows(one: IpsecSa) -> Iterator[dict[str, Any]]:
    yield from (_way_columns(one, way) for way in one.directions)
    if not one.directions:
        yield _way_columns(one, None)


def _way_columns(one: IpsecSa, way: IpsecDirection | None) -> dict[str, Any]:
    return {
        "name": one.label, "state": one.state, "gateway": one.remote_gateway,
        "direction": way.direction if way else "none", "spi": f"{way.spi} (0x{way.spi:08x})" if way else "",
        "protocol": way.protocol if way else "", "type": way.type if way else "",
        "installed": way.state.lower() if way else "", "soft": _left(way.soft) if way else "",
        "hard": _left(way.hard) if way else "", "window": _number(way.replay_window) if way else "", "node": one.node,
    }  # fmt: skip


def _counter_rows(one: IpsecStatistics) -> Iterator[dict[str, Any]]:
    where = " ".join(part for part in (one.node, one.pic, one.service_set, one.remote_gateway) if part) or "device"
    for name, value in one.counters:
        yield {"where": where, "counter": name, "value": value}


def _certificate_columns(one: Certificate) -> dict[str, Any]:
    return {
        "id": one.identifier or _number(one.id), "serial": one.serial, "subject": one.subject,
        "valid from": "" if one.not_before is None else f"{one.not_before:%Y-%m-%d %H:%M}",
        "until": "" if one.not_after is None else f"{one.not_after:%Y-%m-%d %H:%M}",
        "trusted": {True: "yes", False: "no", None: ""}[one.trusted], "issuer": one.issuer,
    }  # fmt: skip


def _list_columns(one: Any) -> dict[str, Any]:
    return {"id": _number(one.id), "issuer": one.issuer, "revoked": len(one.revoked)}


def _left(lifetime: Lifetime | None) -> str:
    return "" if lifetime is None else str(lifetime)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
