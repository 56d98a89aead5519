"""Requests the guard knows, requests it must refuse, anything at all, and what makes a request harmful."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st
from lxml import etree

from orchestrator.driver.base import Rpc
from orchestrator.driver.guard import Effect
from orchestrator.driver.guard.lines import RULES
from orchestrator.driver.guard.rpcs import RPCS
from orchestrator.errors import GuardError

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
OURS = "orc-20260102T030405-a1b2c3-600s-fwd"
FOREIGN = ("bob", "orc", "orc-", "orc-mine", "orc-20260102T030405-a1b2c3-fwd", f"x{OURS}", f"{OURS}/x", f"{OURS}.sh")

CHANGING_LINES = (
    f"monitor security flow file {OURS} size 10240 files 2 match 10.1.1.1 world-readable",
    f"monitor security flow filter {OURS} protocol tcp source-prefix 10.1.1.1/32 source-port 1 interface ge-0/0/0.0",
    f"monitor security flow filter {OURS} destination-prefix 2001:db8::/32",
    "monitor security flow start",
    "monitor security flow stop",
    f"clear monitor security flow filter {OURS}",
    "clear security flow session source-prefix 10.1.1.1/32 destination-port 443",
    "clear security flow session nat",
    "clear security flow session all",
    "clear security flow session session-identifier 18446744073709551615",
    f"file delete /var/log/{OURS}",
    f"file delete /var/tmp/{OURS}.0.gz",
    "request ipsec switch interface es-1/3/0",
    "request ipsec switch security-associations sa-dynamic",
)
READING_LINES = (
    "show version",
    "show monitor security flow",
    "show security flow session destination-prefix 192.0.2.0/24 summary",
    "show security ike security-associations 203.0.113.7 detail",
    "show configuration security policies",
    "show log messages",
    "show interfaces ge-0/0/0.0 extensive",
    "show cli authorization",
    "file list /var/log/",
    "file list detail /var/log/orc-*",
    "file list /var/log/x detail",
    "file show /var/log/messages",
    "file checksum sha-256 /var/tmp/x/y/z",
)
REFUSED_LINES = (
    "", " ", "configure", "configure private", "edit", "set system host-name x", "delete security", "commit",
    "commit check", "rollback 0", "load merge terminal", "lock", "start shell", "start shell user root", "request",
    "request system reboot", "request system zeroize", "request system halt", "request shell execute ls", "restart",
    "op url http://192.0.2.1/x", "test policy x", "ssh 192.0.2.1", "telnet 192.0.2.1", "quit", "help", "?", "set cli",
    "file copy /var/log/x /var/tmp/y", "file rename /var/log/x /var/log/y", "file delete /var/log/messages",
    f"file delete /etc/{OURS}", f"file delete /var/log/../etc/{OURS}", f"file delete /var/log/x/{OURS}",
    f"file delete purge /var/log/{OURS}", "file show /etc/master.passwd", "file show /var/log/../../etc/passwd",
    "file list /", "file list /config/", "file list ~", "file archive source /var/log destination /var/tmp/x",
    "show", "show system software rollback | save x", "show version | no-more", "show log ../messages",
    "show log x/../../../etc/passwd", "show  version", "show version ", " show version", "show version; configure",
    "show version\nconfigure", "show version\rconfigure", "show version\tdetail", "show version\x00",
    "show\N{NO-BREAK SPACE}version",
    'show log "x"', "show log 'x'", "show log $HOME", "show log `id`", "show log x > /var/tmp/y", "show log x & reboot",
    "show log x\\ny", "SHOW version", "show ver\u017fion", "monitor traffic", "monitor security flow",
    "monitor start messages",
    "monitor security flow file", "monitor security flow file ../x", "monitor security flow file x size 10k",
    "monitor security flow file x size 10239", "monitor security flow file x files 1",
    "monitor security flow file x match",
    'monitor security flow file x match "a b"', "monitor security flow start now", "monitor security flow filter",
    f"monitor security flow filter {OURS} source-port 0", f"monitor security flow filter {OURS} source-port 65536",
    f"monitor security flow filter {OURS} source-prefix 10.1.1.256", f"monitor security flow filter {OURS} nonsense x",
    f"monitor security flow filter {OURS} protocol tcp protocol udp", "clear monitor security flow filter",
    "clear security flow session", "clear security flow session all nat", "clear log messages",
    "clear security flow session session-identifier -1", "clear security flow session node all", "clear arp",
    "clear security flow session source-prefix 0.0.0.0/0", "clear security flow session destination-prefix ::/0",
    "request ipsec switch", "request ipsec switch interface", "request ipsec switch interface ge-0/0/0",
    "request ipsec switch interface es-1/3/0 es-1/1/0", "request ipsec switch security-associations",
    "clear security ike security-associations", "clear security flow session source-prefix", "show " + "x" * 1100,
)  # fmt: skip

READING_RPCS = (
    Rpc("get-fpc-error-information", (("fpc-slot", "3"), ("detail", None))),
    Rpc("request-pfe-execute", (("target", "fpc0"), ("command", "show cmerror module 12 error 458"))),
    Rpc("get-flow-session-information", (("source-prefix", "10.1.1.1/32"), ("nat", None), ("summary", None))),
    Rpc("get-flow-session-by-identifier", (("session-identifier", "7"),)),
    Rpc("get-monitor-security-flow-all", attributes=(("format", "text"),)),
    Rpc("file-list", (("path", "/var/log/orc-*"), ("detail", None))),
    Rpc("file-get", (("filename", "/var/log/messages"), ("encoding", "base64"))),
    Rpc("get-log", (("filename", "messages"),)),
    Rpc("get-sha256-checksum-information", (("path", "/var/log/messages"),)),
    Rpc("get-commit-revision-information", (("level", "detail"),)),
    Rpc(
        "get-configuration",
        attributes=(("database", "committed"), ("format", "text")),
        subtree=("configuration", "security", "flow", "traceoptions"),
    ),
    Rpc(
        "get-configuration",
        attributes=(("database", "committed"), ("inherit", "inherit")),
        subtree=("configuration", "security", "policies"),
    ),
    Rpc(
        "get-configuration",
        attributes=(("database", "committed"), ("inherit", "inherit")),
        subtree=("configuration", "security", "flow"),
    ),
    Rpc(
        "get-configuration",
        attributes=(("database", "committed"), ("inherit", "inherit")),
        subtree=("configuration", "applications"),
    ),
    Rpc("close-session"),
)
CHANGING_RPCS = (
    Rpc("monitor-security-flow-file", (("filename", OURS), ("size", "10240"), ("no-world-readable", None))),
    Rpc("monitor-security-flow-filter", (("filter-name", OURS), ("protocol", "tcp"), ("source-port", "1"))),
    Rpc("monitor-security-flow-start"),
    Rpc("monitor-security-flow-stop"),
    Rpc("clear-monitor-security-flow-filter", (("filter-name", OURS),)),
    Rpc("clear-flow-session", (("destination-prefix", "192.0.2.0/24"),)),
    Rpc("clear-flow-session-all"),
    Rpc("clear-flow-session-by-session-identifier", (("session-identifier", "7"),)),
    Rpc("file-delete", (("path", f"/var/log/{OURS}"),)),
)
REFUSED_RPCS = (
    *(
        Rpc(name)
        for name in (
            "lock-configuration unlock-configuration open-configuration close-configuration load-configuration "
            "commit-configuration rollback-configuration lock unlock edit-config copy-config delete-config commit "
            "discard-changes validate kill-session get-config request-reboot request-halt request-power-off "
            "request-system-zeroize request-shell-execute request-package-add file-copy file-rename file-put "
            "clear-log clear-security-packet-drop-records configure get Get-Log get-log2 rpc hello"
        ).split()
    ),
    *(
        Rpc("request-pfe-execute", (("target", target), ("command", command)))
        for target, command in (
            ("fpc0", "clear cmerror all"), ("fpc0", "show threads | x"), ("fpc0", "show luchip 0 dump"),
            ("fpc0; reboot", "show threads"), ("fwdd", "show threads"), ("fpc0", "show syslog messages"),
        )
    ),
    Rpc("request-pfe-execute", (("target", "fpc0"),)),
    Rpc("request-chassis-fpc", (("slot", "0"), ("restart", None))),
    Rpc("clear-chassis-fpc-errors", (("fpc-slot", "0"), ("all", None))),
    Rpc("get-configuration"),
    Rpc("get-configuration", attributes=(("database", "committed"),)),
    Rpc("get-configuration", attributes=(("database", "candidate"),), subtree=("configuration", "security")),
    Rpc("get-configuration", subtree=("configuration", "security")),
    Rpc("get-configuration", attributes=(("database", "committed"),), subtree=("configuration",)),
    Rpc("get-configuration", attributes=(("database", "committed"),), subtree=("security", "flow")),
    Rpc("get-configuration", attributes=(("database", "committed"),), subtree=("configuration", "system", "login")),
    Rpc("get-configuration", attributes=(("database", "committed"), ("x", "y")), subtree=("configuration",) * 2),
    Rpc(
        "get-configuration",
        attributes=(("database", "candidate"), ("inherit", "inherit")),
        subtree=("configuration", "security", "policies"),
    ),
    Rpc(
        "get-configuration",
        attributes=(("database", "committed"), ("inherit", "defaults")),
        subtree=("configuration", "security", "policies"),
    ),
    *(
        Rpc("get-configuration", attributes=attributes, subtree=subtree)
        for subtree in (("configuration", "security", "flow"), ("configuration", "applications"))
        for attributes in (
            (("inherit", "inherit"),),
            (("database", "candidate"), ("inherit", "inherit")),
            (("database", "committed"), ("inherit", "defaults")),
            (("database", "committed"), ("compare", "rollback")),
        )
    ),
    Rpc(
        "get-configuration",
        attributes=(("database", "committed"),),
        subtree=("configuration", "security", "flow", "tcp-session"),
    ),
    Rpc("get-configuration", attributes=(("database", "committed"),), subtree=("applications",)),
    Rpc("clear-flow-session"),
    Rpc("clear-flow-session", (("node", "all"),)),
    Rpc("clear-flow-session", (("source-prefix", "0.0.0.0/0"),)),
    Rpc("clear-flow-session", (("source-prefix", "10.1.1.1/0"), ("protocol", "tcp"))),
    Rpc("clear-flow-session", (("destination-prefix", "::/0"),)),
    Rpc("clear-flow-session", (("source-prefix", None),)),
    Rpc("clear-monitor-security-flow-filter"),
    Rpc("monitor-security-flow-filter"),
    Rpc("monitor-security-flow-filter", (("filter-name", OURS), ("filter-name", OURS))),
    Rpc("monitor-security-flow-file", (("filename", "/etc/passwd"),)),
    Rpc("monitor-security-flow-start", (("detail", None),)),
    Rpc("monitor-security-flow-start", attributes=(("format", "text"),)),
    Rpc("file-get", (("filename", "/config/juniper.conf.gz"),)),
    Rpc("file-list", (("path", "/var/log/"), ("recursive", None))),
    Rpc("get-flow-status-all", attributes=(("format", "json"),)),
    Rpc("get-flow-status-all", (("node", "0 | save x"),)),
)  # fmt: skip


def message_of(request: Rpc | str, number: str = "1") -> bytes:
    body = str(request)
    return f'<nc:rpc xmlns:nc="{BASE}" message-id="{number}">{body}</nc:rpc>'.encode()


DANGEROUS_WORDS = (
    "configure", "edit", "set", "delete", "commit", "rollback", "lock", "unlock", "load", "start", "shell", "request",
    "reboot", "zeroize", "halt", "restart", "save", "run", "op", "test",
)  # fmt: skip
SAFE_FIRST = {"show", "monitor", "clear", "file", "request"}
DANGEROUS_ELEMENT = re.compile(
    r"(un)?lock|edit|copy|delete|commit|rollback|load|open|close-conf|request|configure|validate|discard|kill|get-config$"
    r"|file-(copy|rename|put|archive)|restart|start|op"
)
FORBIDDEN = re.compile(r"[\s|;&$`\"'<>\\(){}!#%~?\x00-\x1f\x7f-\U0010ffff]")
VOCABULARY = sorted({word for rule in RULES for word in rule.fixed.split()} | {*DANGEROUS_WORDS, OURS, "messages"})
GLUE = (" ", " ", " ", "\n", "|", " | ", ";", "&&", "\t", "  ", ">", "`", '"', "\r\n", "\x00", "]]>]]>")

words = st.sampled_from(VOCABULARY) | st.text(max_size=8) | st.sampled_from(("|", ";", "save", "/etc/passwd", "\n"))
lines = st.text(max_size=60) | st.lists(st.tuples(words, st.sampled_from(GLUE)), max_size=8).map(
    lambda pairs: "".join(itertools.chain.from_iterable(pairs)).removesuffix(" ")
)


def admitted(check: Callable[[Any], Effect], what: Any) -> bool:
    try:
        check(what)
    except GuardError:
        return False
    return True


def assert_harmless_line(line: str) -> None:
    assert not FORBIDDEN.search(line.replace(" ", ""))
    assert line.isascii()
    assert line.isprintable()
    first, *rest = line.split(" ")
    assert first in SAFE_FIRST
    if first == "clear":
        assert rest[:4] == ["monitor", "security", "flow", "filter"] or rest[:3] == ["security", "flow", "session"]
    if first == "file":
        assert rest[0] in {"list", "show", "checksum", "delete"}
        assert rest[0] != "delete" or rest[1].rpartition("/")[2].startswith("orc-")
    if first == "monitor":
        assert rest[:2] == ["security", "flow"]
    if first == "request":
        assert rest[:2] == ["ipsec", "switch"]
        assert len(rest) == 4


names = st.sampled_from(sorted(RPCS)) | st.sampled_from(
    ("lock-configuration", "commit-configuration", "load-configuration", "request-reboot", "edit-config", "command",
     "request-shell-execute", "rollback-configuration", "configuration", "commit", "kill-session", "get-config")
) | st.text(string.ascii_lowercase + "-", min_size=1, max_size=12).filter(lambda name: name[0] != "-")  # fmt: skip
argument_names = names | st.sampled_from(
    sorted({name for rule in RPCS.values() for name in (*rule.args, *rule.flags, *rule.subtree)})
)
values = st.none() | lines | st.sampled_from((OURS, "messages", "10.0.0.0/8", "443", "/var/log/messages"))
printable = values.map(lambda text: None if text is None else re.sub(r"[^\t\n\r\x20-\ud7ff]", "", text))


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> etree._Element:
    namespace = draw(st.sampled_from(("", "", "", f"{{{BASE}}}", "{urn:x}")))
    element = etree.Element(namespace + draw(names if depth == 2 else argument_names))
    element.text = draw(printable)
    for name in draw(st.lists(st.sampled_from(("format", "database", "operation", "junos", "inherit")), max_size=2)):
        element.set(name, draw(st.sampled_from(("text", "committed", "xml", "candidate", "delete"))))
    for child in draw(st.lists(elements(depth - 1), max_size=3)) if depth else ():
        child.tail = draw(st.none() | st.sampled_from(("x", " ")))
        element.append(child)
    return element


def assert_harmless_element(element: ET.Element) -> None:
    name = element.tag.rpartition("}")[2]
    assert name == "command" or name in RPCS
    assert not DANGEROUS_ELEMENT.match(name), name
    if name == "command":
        assert not len(element)
        assert_harmless_line(element.text or "")
        return
    for node in element.iter():
        assert not FORBIDDEN.search((node.text or "") + (node.tail or ""))
        local = node.tag.rpartition("}")[2]
        assert node is element or local == "commit" or not DANGEROUS_ELEMENT.match(local) or local in RPCS[name].args
        assert set(node.attrib) <= {"format", "database", "inherit"}
