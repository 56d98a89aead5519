"""The guard: the one place that says what may be put on the wire.

It is asked twice. Operations ask it when they build a request, so that a mistake names its maker; the NETCONF session
asks it again with the bytes that are about to leave, so that nothing goes round it. It knows operational commands
only: there is no rule for a configuration, a commit, a shell or a reboot, and what has no rule is refused.
"""

from __future__ import annotations

from lxml import etree

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.lines import MAX_LINE, RULES
from orchestrator.driver.guard.rpcs import RPCS
from orchestrator.driver.guard.rule import Effect, RpcRule
from orchestrator.errors import GuardError

__all__ = ["Effect", "admit_element", "admit_line", "admit_message", "admit_path"]

NETCONF = "urn:ietf:params:xml:ns:netconf:base:1.0"
_HINT = "only the operational commands of the allow-list leave this program; see docs/guard.md"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_HELLO = frozenset({"capabilities", "capability"})
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=False)


def admit_line(line: str) -> Effect:
    """Say what a CLI line does.

    Raises:
        GuardError: no rule knows the line.
    """
    if len(line) <= MAX_LINE and line.isascii() and line.isprintable():
        words = tuple(line.split(" "))
        for rule in RULES:
            if rule.admits(words):
                return rule.effect
    raise GuardError("this command is not on the allow-list", request=line[:MAX_LINE], hint=_HINT)


def admit_path(path: str) -> None:
    """Let a path on the device be read.

    Raises:
        GuardError: it lies outside ``/var/log`` and ``/var/tmp``, or has characters that a shell would read.
    """
    if not slots.READABLE(path):
        raise GuardError(
            f"this file may not be read: {path!r}",
            request=path,
            hint="files are fetched from /var/log and /var/tmp, with plain names",
        )


def admit_element(operation: etree._Element) -> Effect:
    """Say what an RPC does, given the element inside ``<rpc>``.

    Raises:
        GuardError: no rule knows the RPC, or one of its arguments.
    """
    _only_elements(operation)
    name = _local(operation)
    if name == "command":
        return _admit_command(operation)
    rule = RPCS.get(name)
    if rule is None:
        raise GuardError(f"the RPC {name} is not on the allow-list", request=name, hint=_HINT)
    if (operation.text or "").strip():
        raise _refused(operation, "loose text may not stand in it")
    _admit_attributes(operation, rule)
    if rule.subtree:
        _admit_subtree(operation, rule.subtree)
        return rule.effect
    given = [_admit_argument(operation, child, rule) for child in operation]
    if len(given) != len(set(given)):
        raise _refused(operation, "an argument stands twice")
    if missing := rule.required - set(given):
        raise _refused(operation, f"it needs {', '.join(sorted(missing))}")
    if rule.any_of and not rule.any_of & set(given):
        raise _refused(operation, "without a filter it would reach every session")
    return rule.effect


def admit_message(message: bytes) -> Effect:
    """Check the bytes of a whole NETCONF message that is about to leave.

    Raises:
        GuardError: it is neither a hello nor an ``<rpc>`` around one admitted operation.
    """
    body = message.removeprefix(_DECLARATION)
    # ASCII without a declaration of its own: the device cannot read other characters, or another end, than we do.
    if not body.isascii() or any(mark in body for mark in (b"<!", b"<?", b"]]>")):
        raise GuardError("comments, document types, instructions and end marks may not leave", hint=_HINT)
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise GuardError(f"this is not a NETCONF message: {error}", hint=_HINT) from error
    if root.tag == f"{{{NETCONF}}}hello":
        return _admit_hello(root)
    _only_elements(root)
    if root.tag != f"{{{NETCONF}}}rpc" or len(root) != 1 or set(root.attrib) - {"message-id"}:
        raise GuardError("only one operation in a plain <rpc> may leave", hint=_HINT)
    return admit_element(root[0])


def _admit_hello(root: etree._Element) -> Effect:
    """Capabilities and nothing else: who says hello asks for nothing."""
    for node in root.iter():
        _only_elements(node)
    if root.attrib or any(_local(node) not in _HELLO or node.attrib for node in root.iterdescendants()):
        raise GuardError("only capabilities may stand in a hello", hint=_HINT)
    return Effect.READ


def _admit_command(operation: etree._Element) -> Effect:
    if len(operation) or set(operation.attrib) - {"format"} or operation.get("format", "text") not in ("text", "xml"):
        raise _refused(operation, "only plain text may stand in <command>")
    return admit_line(operation.text or "")


def _admit_attributes(operation: etree._Element, rule: RpcRule) -> None:
    for attribute, value in operation.attrib.items():
        name = str(attribute)
        slot = rule.attributes.get(name)
        if slot is None or not slot(str(value)):
            raise _refused(operation, f"the attribute {name} may not stand there")
    if _local(operation) == "get-configuration" and operation.get("database") != "committed":
        raise _refused(operation, "only the committed configuration is read")


def _admit_argument(operation: etree._Element, child: etree._Element, rule: RpcRule) -> str:
    _only_elements(child)
    name, value = _local(child), child.text
    if len(child) or child.attrib:
        raise _refused(operation, f"the argument {name} must be plain")
    if name in rule.flags and not value:
        return name
    slot = rule.args.get(name)
    if slot is None:
        raise _refused(operation, f"it takes no argument {name}")
    if not value or not slot(value):
        raise _refused(operation, f"the value of {name} has a shape that may not leave: {value!r}")
    return name


def _admit_subtree(operation: etree._Element, names: frozenset[str]) -> None:
    if len(operation) != 1 or not len(operation[0]) or _local(operation[0]) != "configuration":
        raise _refused(operation, "it needs a filter: the whole configuration is never read")
    for node in operation.iterdescendants():
        _only_elements(node)
        if _local(node) not in names or node.attrib or (node.text or "").strip():
            raise _refused(operation, f"the configuration filter may not hold {_local(node)}")


def _only_elements(node: etree._Element) -> None:
    if not isinstance(node.tag, str) or (node.tail or "").strip():
        raise GuardError("comments, entities and loose text may not leave", hint=_HINT)
    for child in node:
        if not isinstance(child.tag, str):
            raise GuardError("comments, entities and instructions may not leave", hint=_HINT)
    if len(node) and (node.text or "").strip():
        raise GuardError("loose text between elements may not leave", hint=_HINT)


def _local(node: etree._Element) -> str:
    name = etree.QName(node)
    if name.namespace not in (None, NETCONF):
        raise GuardError(f"a foreign namespace may not leave: {name.namespace}", hint=_HINT)
    return name.localname


def _refused(operation: etree._Element, why: str) -> GuardError:
    return GuardError(f"{_local(operation)}: {why}", request=_local(operation), hint=_HINT)
