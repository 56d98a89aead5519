"""What a saved configuration, or ``show ... nat source pool`` as XML, says of interim logging.

Facts: hierarchy levels from the documentation of interim logging and of SPC3 block allocation; status leaves from
Juniper's published test data.
"""

from __future__ import annotations

from orchestrator.errors import ParseError
from orchestrator.model.flow_trace import Line
from orchestrator.model.port_block_configuration import NatPool, PortBlockConfiguration, Setting
from orchestrator.parsers.configuration_statements import Statement, statements
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import Element, descendants, leaf, line_of, looks_like_xml, root_of

_POOLS = (
    ("ms", ("services", "nat", "pool"), ("port", "secured-port-block-allocation")),
    ("spc3", ("services", "nat", "source", "pool"), ("port", "block-allocation")),
    ("srx", ("security", "nat", "source", "pool"), ("port", "block-allocation")),
)
_STATUS = "source-nat-pool-info-entry"


def parse(source: Source) -> PortBlockConfiguration:
    """Read a configuration or a pool status.

    Raises:
        ParseError: nothing in it is of address translation, interfaces or logs.
    """
    if looks_like_xml(source):
        root = root_of(source)
        if any(True for _ in descendants(root, _STATUS)):
            return _status(root, source.name)
    found = PortBlockConfiguration()
    count = 0
    for one in statements(source):
        count += _take(one, found)
    if not count:
        raise ParseError("nothing here is a configuration of port blocks", path=source.name, line=1,
                         hint="give it 'show configuration', also '| display set' or '| display xml'")  # fmt: skip
    return found


def _take(one: Statement, found: PortBlockConfiguration) -> bool:
    words = one.words
    if words[:2] == ("system", "syslog"):
        found.system_syslog = bool(found.system_syslog) or words[2:3] in (("file",), ("host",), ("user",))
    elif words[:1] == ("system",):
        found.system_syslog = bool(found.system_syslog)
    elif words[:1] == ("chassis",):
        _package(words, found)
    elif words[:1] == ("interfaces",):
        _interface(one, found)
    elif words[:2] in (("services", "nat"), ("security", "nat"), ("services", "service-set")):
        _pool(one, found)
        _rule(words, found)
    else:
        return False
    return True


def _package(words: tuple[str, ...], found: PortBlockConfiguration) -> None:
    if "extension-provider" in words:
        found.packages = found.packages or ()
        if "package" in words[:-1]:
            found.packages = (*found.packages, words[words.index("package") + 1])


def _interface(one: Statement, found: PortBlockConfiguration) -> None:
    rest = one.after("interfaces", "*", "services-options")
    seconds = integer(rest[1]) if rest and len(rest) > 1 else None
    if rest and seconds is not None:
        where = {"pba-interim-logging-interval": found.interfaces, "inactivity-timeout": found.inactivity}.get(rest[0])
        if where is not None:
            where[one.words[1]] = Setting(seconds, one.line)


def _pool(one: Statement, found: PortBlockConfiguration) -> None:
    for family, level, allocation in _POOLS:
        rest = one.after(*level, "*")
        if rest is None:
            continue
        name = one.words[len(level)]
        pool = found.pools.setdefault(name, NatPool(name=name, family=family, line=one.line))
        if rest[: len(allocation)] == allocation:
            pool.blocks = True
            more = rest[len(allocation) :]
            if more[:1] == ("interim-logging-interval",) and len(more) > 1:
                pool.interval = Setting(integer(more[1]) or 0, one.line)


def _rule(words: tuple[str, ...], found: PortBlockConfiguration) -> None:
    if "endpoint-independent" in words:
        found.endpoint_independent = True
    if not {"rule", "term"} <= set(words[:-1]) or "then" not in words:
        return
    rule, term = words[words.index("rule") + 1], words[words.index("term") + 1]
    key = f"{rule} term {term}"
    action = words[words.index("then") + 1 :]
    found.rules[key] = found.rules.get(key, False) or action[:1] == ("syslog",)


def _status(root: Element, name: str) -> PortBlockConfiguration:
    found = PortBlockConfiguration(from_status=True)
    for one in descendants(root, _STATUS):
        pool = leaf(one, "pool-name") or f"pool {len(found.pools) + 1}"
        cycle = integer(leaf(one, "source-pool-blk-interim-log-cycle"))
        line = Line(name, line_of(one), f"pool {pool}")
        found.pools[pool] = NatPool(
            name=pool, family="status", blocks=bool(leaf(one, "source-pool-blk-size")),
            interval=None if cycle is None else Setting(cycle, line), line=line,
        )  # fmt: skip
    return found
