"""``show security pki local-certificate|ca-certificate`` (leaves: published capture of 15.1X49; text: its labels)."""

from __future__ import annotations

from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.scenario_vpn import PkiCertificate

_LEVELS = Argument("level", choices=("brief", "detail"))


def local(call: Call) -> Answer:
    """The certificates of the device itself."""
    return _shown(call, authority=False)


def authorities(call: Call) -> Answer:
    """Those of the authorities it trusts."""
    return _shown(call, authority=True)


def _shown(call: Call, *, authority: bool) -> Answer:
    markup = call.markup("junos-pki")
    held = [one for one in call.box.tunnels.scenario.certificates if one.authority == authority]
    element = markup.branch("x509-pki-certificate-info-list", [_element(markup, one) for one in held])
    return Answer("".join(map(_text, held)), [element], padded=call.box.persona.padded)


def _element(markup: Markup, one: PkiCertificate) -> Element:
    def name(kind: str, common: str) -> Element:
        return markup.branch(kind, [markup.branch("distinguished-name", [markup.leaf("common-name", common)])])

    validity: dict[str, object] = {"not-before": one.starts, "not-after": one.ends}
    return markup.branch(
        "pkid-x509-certificate-information",
        [
            markup.leaf("identifier", one.identifier),
            markup.branch("serial-number-list", [markup.leaf("serial-number-x509", one.serial)]),
            name("issuer-name", one.issuer),
            name("subject-name", one.common_name),
            markup.branch("subject-string-list", [markup.leaf("subject-string", f"CN={one.common_name}")]),
            markup.branch("validity", markup.leaves(validity)),
        ],
        {"junos:style": "detail"},
    )


def _text(one: PkiCertificate) -> str:
    return (
        f"Certificate identifier: {one.identifier}\n  Serial number: {one.serial}\n  Issuer: CN={one.issuer}\n"
        f"  Subject: CN={one.common_name}\n  Validity:\n    Not before: {one.starts}\n    Not after: {one.ends}\n"
    )


OPERATIONS = (
    Operation("get-pki-local-certificate", "show security pki local-certificate", local, "view", arguments=(_LEVELS,)),
    Operation("get-pki-ca-certificate", "show security pki ca-certificate", authorities, "view", arguments=(_LEVELS,)),
)
