"""``get-configuration`` of ``security policies``: what each policy does and logs.

Read are the zone pairs, the global policies and the default policy (documentation; published configurations).
Statements that are deactivated are as good as not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.policy import Policies, Policy, PolicyAction
from orchestrator.parsers.xml_input import Element, attribute, children, descendants, leaf, local_name, text_of

_DEFAULTS = {"permit-all": PolicyAction.PERMIT, "deny-all": PolicyAction.DENY}


def parse(reply: Element) -> Policies:
    """Read the policies of a reply; empty when there are none."""
    pairs: list[Policy] = []
    everywhere: list[Policy] = []
    default: PolicyAction | None = None
    for policies in descendants(reply, "policies"):
        if _is_off(policies):
            continue
        for pair in _active(policies, "policy"):
            pairs += _of_pair(pair)
        for section in _active(policies, "global"):
            everywhere += [_policy(each, is_global=True) for each in _active(section, "policy")]
        for statement in _active(policies, "default-policy"):
            default = next((_DEFAULTS[name] for name in map(local_name, statement) if name in _DEFAULTS), default)
    return Policies(policies=(*pairs, *everywhere), default_action=default)


def _of_pair(pair: Element) -> Iterator[Policy]:
    zones = (leaf(pair, "from-zone-name"),), (leaf(pair, "to-zone-name"),)
    for each in _active(pair, "policy"):
        yield _policy(each, zones)


def _policy(
    element: Element, zones: tuple[tuple[str, ...], tuple[str, ...]] | None = None, *, is_global: bool = False
) -> Policy:
    if zones is None:
        zones = _matched(element, "from-zone"), _matched(element, "to-zone")
    then = next(_active(element, "then"), None)
    said = set() if then is None else {local_name(each) for each in then if not _is_off(each)}
    log = None if then is None else next(_active(then, "log"), None)
    events = set() if log is None else {local_name(each) for each in log if not _is_off(each)}
    return Policy(
        name=leaf(element, "name"),
        from_zones=zones[0],
        to_zones=zones[1],
        action=next((action for action in PolicyAction if action in said), None),
        log_init="session-init" in events,
        log_close="session-close" in events,
        count="count" in said,
        is_global=is_global,
        applications=_matched(element, "application"),
        dynamic_applications=_matched(element, "dynamic-application"),
    )


def _matched(policy: Element, name: str) -> tuple[str, ...]:
    return tuple(text_of(each) for match in _active(policy, "match") for each in _active(match, name))


def _active(element: Element, name: str) -> Iterator[Element]:
    return (each for each in children(element, name) if not _is_off(each))


def _is_off(element: Element) -> bool:
    return attribute(element, "inactive") == "inactive"
