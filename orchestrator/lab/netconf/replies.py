"""The envelope and the shapes of answers and errors (facts: raw dialogues of 24.4R1.9, PyEZ fixtures of 16.1)."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from orchestrator.lab.markup import NETCONF, NOTHING, Element, junos_namespace, lay_out, new_element
from orchestrator.lab.operations.answer import Answer, Refusal
from orchestrator.lab.persona import Persona

COMMON_CAPABILITIES = (
    "urn:ietf:params:netconf:capability:candidate:1.0",
    "urn:ietf:params:netconf:capability:confirmed-commit:1.0",
    "urn:ietf:params:netconf:capability:validate:1.0",
    "urn:ietf:params:netconf:capability:url:1.0?scheme=http,ftp,file",
    "urn:ietf:params:xml:ns:netconf:capability:candidate:1.0",
    "urn:ietf:params:xml:ns:netconf:capability:confirmed-commit:1.0",
    "urn:ietf:params:xml:ns:netconf:capability:validate:1.0",
    "urn:ietf:params:xml:ns:netconf:capability:url:1.0?scheme=http,ftp,file",
    "http://xml.juniper.net/netconf/junos/1.0",
    "http://xml.juniper.net/dmi/system/1.0",
)
BASE_10 = "urn:ietf:params:netconf:base:1.0"
BASE_11 = "urn:ietf:params:netconf:base:1.1"


def hello(persona: Persona, session_id: int, login_class: str, user: str) -> bytes:
    """Comments, then the hello. Comments before the first tag are what 24.4 sends."""
    root = _netconf_element(persona, "hello")
    capabilities = etree.SubElement(root, f"{{{NETCONF}}}capabilities")
    bases = (BASE_10, BASE_11) if persona.framing == "1.1" else (BASE_10,)
    for uri in (*bases, *COMMON_CAPABILITIES):
        etree.SubElement(capabilities, f"{{{NETCONF}}}capability").text = uri
    etree.SubElement(root, f"{{{NETCONF}}}session-id").text = str(session_id)
    lay_out(root, padded=False)
    comments = [
        etree.Comment(" No zombies were killed during the creation of this user interface "),
        etree.Comment(f" user {user}, class {persona.class_label(login_class)} "),
    ]
    return b"".join(etree.tostring(one) + b"\n" for one in comments) + etree.tostring(root)


def reply(persona: Persona, attributes: Mapping[str, str], answer: Answer, *, text: bool) -> bytes:
    """The reply to one ``rpc``, whose attributes it echoes."""
    root = _netconf_element(persona, "rpc-reply", attributes)
    children = [_output(answer.text, own_lines=True)] if text and answer.text else []
    if not text or answer.structured_only:
        children = answer.elements or ([_output(answer.text)] if answer.text else [])
    if answer.ok:
        children = [new_element(f"{{{NETCONF}}}ok", NOTHING, root.nsmap)]
    for child in children:
        lay_out(child, padded=answer.padded)
        root.append(child)
    return _written(root)


def error_reply(persona: Persona, attributes: Mapping[str, str], refusal: Refusal) -> bytes:
    """The reply that carries one ``rpc-error``."""
    root = _netconf_element(persona, "rpc-reply", attributes)
    error = etree.SubElement(root, f"{{{NETCONF}}}rpc-error")

    def add(parent: Element, tag: str, value: str) -> None:
        etree.SubElement(parent, f"{{{NETCONF}}}{tag}").text = value

    add(error, "error-type", refusal.kind)
    add(error, "error-tag", refusal.tag)
    add(error, "error-severity", "error")
    if refusal.parse:
        etree.SubElement(error, "parse")
    add(error, "error-message", f"\n{refusal.message}\n" if refusal.padded else refusal.message)
    if refusal.bad_element:
        add(etree.SubElement(error, f"{{{NETCONF}}}error-info"), "bad-element", refusal.bad_element)
    lay_out(error, padded=False)
    return _written(root)


def _output(text: str, *, own_lines: bool = False) -> Element:
    element = etree.Element("output")
    element.text = f"\n{text.rstrip(chr(10))}\n" if own_lines or "\n" in text.rstrip("\n") else text.rstrip("\n")
    return element


def _netconf_element(persona: Persona, tag: str, attributes: Mapping[str, str] = NOTHING) -> Element:
    nsmap: dict[str | None, str] = {"nc" if persona.rfc_compliant else None: NETCONF}
    if tag != "hello":
        nsmap["junos"] = junos_namespace(persona.version)
    return new_element(f"{{{NETCONF}}}{tag}", attributes, nsmap)


def _written(root: Element) -> bytes:
    root.text = "\n"
    return etree.tostring(root, encoding="utf-8") + b"\n"
