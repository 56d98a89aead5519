"""Facts about the device itself, from XML replies.

Each function takes the ``rpc-reply``, as bytes or parsed, with or without ``multi-routing-engine-results`` around the
content (facts: YANG junos-es 24.4R1, live vSRX 24.4R1.9).
"""

from __future__ import annotations

import re

from orchestrator.errors import ParseError
from orchestrator.model.system import (
    Authorization,
    ClusterStatus,
    CommitMark,
    Filesystem,
    FlowLoad,
    FlowStatus,
    Node,
    RouteEngine,
    SystemInformation,
    Uptime,
)  # fmt: skip
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import (
    Element,
    account,
    attribute,
    children,
    descendants,
    leaf,
    local_name,
    node_of,
    root_of,
    text_of,
)  # fmt: skip

_RELEASE = re.compile(r"\[([\w.:-]+)\]")
_FOR_PEOPLE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([BKMGT])")
_SUFFIXES = "BKMGT"
_BLOCK_SIZES = (512, 1024)
_NO_CLUSTER = re.compile(r"not enabled", re.IGNORECASE)


def commit_information(reply: bytes | Element, name: str = "reply") -> CommitMark | None:
    """The newest commit of ``get-commit-information``, ``None`` when the history is empty."""
    history = _blocks(reply, name, "commit-information")[0]
    newest = next(children(history, "commit-history"), None)
    if newest is None:
        return None
    time, seconds = _moment(newest)
    revision = leaf(newest, "configuration-revision")
    return CommitMark(
        source="history",
        value=revision or f"{seconds if seconds is not None else time} {leaf(newest, 'user')} {leaf(newest, 'client')}",
        user=leaf(newest, "user"),
        client=leaf(newest, "client"),
        time=time,
    )


def commit_revision(reply: bytes | Element, name: str = "reply") -> CommitMark:
    """``get-commit-revision-information``: the identifier of the committed configuration."""
    block = _blocks(reply, name, "commit-revision-information")[0]
    revision = leaf(block, "revision")
    if not revision:
        raise ParseError("the reply names no revision", path=name)
    return CommitMark(
        source="revision",
        value=revision,
        user=leaf(block, "user"),
        client=leaf(block, "client"),
        time=leaf(block, "date-time"),
    )


def uptime(reply: bytes | Element, name: str = "reply") -> tuple[Uptime, ...]:
    """``get-system-uptime-information``, one entry per routing engine."""
    return tuple(_uptime(block) for block in _blocks(reply, name, "system-uptime-information"))


def last_configured(reply: bytes | Element, name: str = "reply") -> CommitMark | None:
    """The mark that every release offers: when the configuration was last changed."""
    first = uptime(reply, name)[0]
    if not first.last_configured:
        return None
    seconds = first.last_configured_seconds
    return CommitMark(
        source="last-configured",
        value=str(seconds) if seconds is not None else first.last_configured,
        user=first.last_configured_by,
        time=first.last_configured,
    )


def authorization(reply: bytes | Element, name: str = "reply") -> Authorization:
    """``get-authorization-information``: our login class and its permissions."""
    block = _blocks(reply, name, "authorization-information")[0]
    user = next(descendants(block, "user-information"), block)
    return Authorization(
        user=leaf(user, "user") or leaf(user, "login-name"),
        login_class=leaf(user, "user-class"),
        permissions=frozenset(text_of(each) for each in descendants(block, "permission-type") if text_of(each)),
    )


def system_information(reply: bytes | Element, name: str = "reply") -> tuple[SystemInformation, ...]:
    """``get-system-information``, one entry per node."""
    return tuple(
        SystemInformation(
            host_name=leaf(block, "host-name"),
            model=leaf(block, "hardware-model"),
            release=leaf(block, "os-version"),
            node=node_of(block),
        )
        for block in _blocks(reply, name, "system-information")
    )


def software_information(reply: bytes | Element, name: str = "reply") -> tuple[SystemInformation, ...]:
    """``get-software-information``; older releases tell the release only in a package's comment."""
    return tuple(
        SystemInformation(
            host_name=leaf(block, "host-name"),
            model=leaf(block, "product-model"),
            release=leaf(block, "junos-version") or _release_in_packages(block),
            node=node_of(block),
        )
        for block in _blocks(reply, name, "software-information")
    )


def flow_status(reply: bytes | Element, name: str = "reply") -> tuple[FlowStatus, ...]:
    """``get-flow-status-all``, one entry per node."""
    statuses = []
    for block in _blocks(reply, name, "flow-status-all"):
        found = {local_name(each): text_of(each) for each in block.iter() if local_name(each) and not len(each)}
        trace = found.get("flow-trace-status")
        statuses.append(
            FlowStatus(trace_on=None if trace is None else trace == "on", leaves=found, node=node_of(block))
        )
    return tuple(statuses)


def cluster_status(reply: bytes | Element, name: str = "reply") -> ClusterStatus:
    """``get-chassis-cluster-status``; a device that says clustering is not enabled has no nodes."""
    root = _root(reply, name)
    blocks = list(descendants(root, "chassis-cluster-status"))
    if not blocks:
        if any(_NO_CLUSTER.search(error) for error in _errors(root, name)):
            return ClusterStatus()
        raise _nothing(root, name, "chassis-cluster-status")
    nodes = [node for group in children(blocks[0], "redundancy-group") for node in _nodes(group)]
    return ClusterStatus(cluster_id=leaf(blocks[0], "cluster-id"), nodes=tuple(nodes))


def route_engine(reply: bytes | Element, name: str = "reply") -> tuple[RouteEngine, ...]:
    """``get-route-engine-information``, one entry per routing engine."""
    return tuple(
        RouteEngine(
            slot=integer(leaf(each, "slot")),
            node=node_of(each),
            status=leaf(each, "status"),
            mastership=leaf(each, "mastership-state"),
            cpu_idle=integer(leaf(each, "cpu-idle")),
            control_plane_memory=integer(leaf(each, "memory-control-plane-util")),
            data_plane_memory=integer(leaf(each, "memory-data-plane-util")),
            model=leaf(each, "model"),
        )
        for block in _blocks(reply, name, "route-engine-information")
        for each in children(block, "route-engine")
    )


def performance(reply: bytes | Element, name: str = "reply") -> tuple[FlowLoad, ...]:
    """``get-performance-summary-information``, one entry per services unit (YANG junos-es 24.4R1)."""
    return tuple(
        FlowLoad(
            unit=f"FPC{leaf(each, 'fpc-number')} PIC{leaf(each, 'pic-number')}",
            node=node_of(each),
            cpu=integer(leaf(each, "spu-cpu-utilization")),
            memory=integer(leaf(each, "spu-memory-utilization")),
            sessions=integer(leaf(each, "spu-current-flow-session")),
            max_sessions=integer(leaf(each, "spu-max-flow-session")),
        )
        for block in _blocks(reply, name, "performance-summary-information")
        for each in children(block, "performance-summary-statistics")
    )


def storage(reply: bytes | Element, name: str = "reply") -> tuple[Filesystem, ...]:
    """``get-system-storage``, all filesystems of all nodes."""
    return tuple(
        Filesystem(
            name=leaf(each, "filesystem-name"),
            mounted_on=leaf(each, "mounted-on"),
            total_blocks=integer(leaf(each, "total-blocks")),
            used_blocks=integer(leaf(each, "used-blocks")),
            available_blocks=integer(leaf(each, "available-blocks")),
            used_percent=integer(leaf(each, "used-percent")),
            block_bytes=_block_bytes(each),
            node=node_of(each),
        )
        for block in _blocks(reply, name, "system-storage-information")
        for each in children(block, "filesystem")
    )


def _root(reply: bytes | Element, name: str) -> Element:
    return root_of(Source.of_bytes(reply, name)) if isinstance(reply, bytes) else reply


def _blocks(reply: bytes | Element, name: str, wanted: str) -> list[Element]:
    root = _root(reply, name)
    found = list(descendants(root, wanted))
    if not found:
        raise _nothing(root, name, wanted)
    return found


def _errors(root: Element, name: str) -> list[str]:
    tally = Tally()
    account(root, name, tally)
    return tally.errors


def _nothing(root: Element, name: str, wanted: str) -> ParseError:
    errors = _errors(root, name)
    hint = f"the device answered: {errors[0]}" if errors else "is it the reply to another command?"
    return ParseError(f"no {wanted} in the reply", path=name, hint=hint)


def _moment(element: Element | None) -> tuple[str, int | None]:
    """The ``date-time`` of an element: as printed, and in epoch seconds."""
    stamp = None if element is None else next(children(element, "date-time"), None)
    return (text_of(stamp), integer(attribute(stamp, "seconds"))) if stamp is not None else ("", None)


def _uptime(block: Element) -> Uptime:
    changed = next(children(block, "last-configured-time"), None)
    booted = next(children(block, "system-booted-time"), None)
    if booted is None:
        booted = next(children(block, "node-booted-time"), None)
    current_text, current_seconds = _moment(next(children(block, "current-time"), None))
    changed_text, changed_seconds = _moment(changed)
    booted_text, booted_seconds = _moment(booted)
    return Uptime(
        last_configured=changed_text,
        last_configured_seconds=changed_seconds,
        last_configured_by="" if changed is None else leaf(changed, "user"),
        booted=booted_text,
        booted_seconds=booted_seconds,
        current=current_text,
        current_seconds=current_seconds,
        node=node_of(block),
    )


def _block_bytes(filesystem: Element) -> int:
    """Size of a block, from the same number printed for people (``junos:format="2.3G"``).

    Without it the smaller of the two sizes in use, so that free space is never overstated.
    """
    for each in filesystem:
        shown = _FOR_PEOPLE.fullmatch(attribute(each, "format")) if isinstance(each.tag, str) else None
        blocks = integer(text_of(each))
        if shown and blocks:
            size = float(shown[1]) * 1024 ** _SUFFIXES.index(shown[2])
            return min(_BLOCK_SIZES, key=lambda block: abs(blocks * block - size))
    return _BLOCK_SIZES[0]


def _release_in_packages(block: Element) -> str:
    for package in children(block, "package-information"):
        if "Release" in leaf(package, "comment") and (found := _RELEASE.search(leaf(package, "comment"))):
            return found[1]
    return ""


def _nodes(group: Element) -> list[Node]:
    """Nodes of one redundancy group: their leaves follow one another, each node begins with its ``device-name``."""
    number = integer(leaf(group, "redundancy-group-id")) or 0
    drafts: list[dict[str, str]] = []
    for stats in children(group, "device-stats"):
        for each in stats:
            if local_name(each) == "device-name":
                drafts.append({})
            if drafts:
                drafts[-1].setdefault(local_name(each), text_of(each))
    return [
        Node(
            name=found["device-name"],
            group=number,
            priority=integer(found.get("device-priority")),
            status=found.get("redundancy-group-status", ""),
        )
        for found in drafts
    ]
