"""Every operation a device knows, found by RPC element or by CLI words, and carried out."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from orchestrator.lab.operations import (
    chassis,
    chassis_errors,
    configuration,
    es_pic,
    files,
    flow_monitor,
    flow_session,
    packet_capture,
    packet_drop,
    port_block,
    port_block_services,
    security_alg,
    stateful_firewall,
    system,
    vpn,
    vpn_services,
)
from orchestrator.lab.operations.answer import Answer, Refusal, denied
from orchestrator.lab.operations.operation import FORWARDING_WORDS, Call, Form, Operation
from orchestrator.lab.persona import Persona

# Rooms of operations that every Junos device has, and those of each platform. The same RPC name can be another
# command on another platform, so a persona gets its platform's rooms only.
EVERYWHERE = (files, system, chassis, configuration)
PLATFORMS: dict[str, tuple[ModuleType, ...]] = {
    "srx": (chassis_errors, flow_monitor, flow_session, packet_capture, packet_drop, port_block, security_alg, vpn),
    "mx": (chassis_errors, port_block_services, stateful_firewall, vpn_services),
    "es-pic": (es_pic,),
}
COMMIT_SOURCES = {"get-commit-revision-information": "revision", "get-commit-information": "history"}


class Catalogue:
    """The operations of one persona."""

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        rooms = (*EVERYWHERE, *PLATFORMS[persona.platform])
        known = [one for room in rooms for one in room.OPERATIONS if self._exists(one.element)]
        known = [replace(one, element=persona.renamed.get(one.element, one.element)) for one in known]
        self._by_element = {one.element: one for one in known if one.element}
        self._by_words = {tuple(one.words.split()): one for one in known if one.words}

    def _exists(self, element: str) -> bool:
        source = COMMIT_SOURCES.get(element)
        return element not in self._persona.absent and (source is None or source in self._persona.commit_sources)

    def by_element(self, name: str) -> Operation | None:
        """The operation behind an RPC element."""
        operation = self._by_element.get(name)
        return operation if operation and self._accepted(operation, "rpc") else None

    def knows(self, name: str) -> bool:
        """Whether the release has the operation in any form."""
        return name in self._by_element

    def by_words(self, line: str, form: Form) -> tuple[Operation, list[str]] | None:
        """The operation a command line begins with, and the words after it. Words may be cut short when unique."""
        for suffix in FORWARDING_WORDS:
            line = line.removesuffix(f" {suffix}")
        words = line.split()
        for known in sorted(self._by_words, key=len, reverse=True):
            if len(words) >= len(known) and self._spells(words, known):
                operation = self._by_words[known]
                return (operation, words[len(known) :]) if self._accepted(operation, form) else None
        return None

    def _spells(self, words: list[str], known: tuple[str, ...]) -> bool:
        for position, (word, full) in enumerate(zip(words, known, strict=False)):
            rivals = {
                other[position]
                for other in self._by_words
                if other[:position] == known[:position] and len(other) > position and other[position].startswith(word)
            }
            if word != full and rivals != {full}:
                return False
        return True

    def next_words(self, words: list[str]) -> set[str]:
        """Words that may follow some known words."""
        size = len(words)
        return {known[size] for known in self._by_words if list(known[:size]) == words and len(known) > size}

    def _accepted(self, operation: Operation, form: Form) -> bool:
        if not operation.monitor_verb:
            return True
        forms = self._persona.monitor
        return {"rpc": forms.rpc, "command": forms.command, "cli": forms.cli}[form]


def perform(call: Call) -> Answer:
    """Check the permission, run the handler, and wrap what a cluster answers for each node.

    Raises:
        Refusal: whatever the device refuses.
    """
    operation, persona = call.operation, call.box.persona
    permission = persona.monitor.permission if operation.monitor_verb else operation.permission
    if operation.changes_configuration:
        call.box.config_operations += 1  # an attempt counts, also one that is refused
    if not persona.allows(call.caller.login_class, permission):
        raise denied(operation.element if call.form == "rpc" else operation.words.split()[-1])
    if persona.nodes == 1 or not operation.per_node:
        return operation.handler(call)
    return _of_both_nodes(call)


def _of_both_nodes(call: Call) -> Answer:
    markup = call.markup()
    items, texts, padded, ends = [], [], False, False
    for node in range(call.box.persona.nodes):
        answer = call.operation.handler(replace(call, node=node))
        name = f"node{node}"
        children = answer.elements or ([markup.leaf("output", answer.text)] if answer.text else [])
        items.append(markup.branch("multi-routing-engine-item", [markup.leaf("re-name", f"\n{name}\n"), *children]))
        texts.append(f"{name}:\n{'-' * 74}\n{answer.text}")
        padded, ends = padded or answer.padded, ends or answer.ends_session
    wrapped = markup.branch("multi-routing-engine-results", items)
    return Answer("\n".join(texts), [wrapped], padded=padded, structured_only=answer.structured_only, ends_session=ends)


__all__ = ["Catalogue", "Refusal", "perform"]
