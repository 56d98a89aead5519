"""What the guard lets through, and what it does not."""

from __future__ import annotations

import re

import pytest
from guard_cases import (
    BASE,
    CHANGING_LINES,
    CHANGING_RPCS,
    FOREIGN,
    OURS,
    READING_LINES,
    READING_RPCS,
    REFUSED_LINES,
    REFUSED_RPCS,
    message_of,
)

from orchestrator.driver import guard
from orchestrator.driver.base import Rpc
from orchestrator.driver.guard import Effect
from orchestrator.driver.guard.lines import RULES
from orchestrator.driver.guard.rpcs import RPCS
from orchestrator.errors import GuardError


@pytest.mark.parametrize("line", CHANGING_LINES)
def test_changing_lines_pass_as_changes(line: str) -> None:
    assert guard.admit_line(line) is Effect.CHANGE


@pytest.mark.parametrize("line", READING_LINES)
def test_reading_lines_pass_as_reads(line: str) -> None:
    assert guard.admit_line(line) is Effect.READ


@pytest.mark.parametrize("line", REFUSED_LINES)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(GuardError) as caught:
        guard.admit_line(line)
    assert caught.value.hint


@pytest.mark.parametrize("request_", READING_RPCS, ids=str)
def test_reading_rpcs_pass_as_reads(request_: Rpc) -> None:
    assert guard.admit_element(request_.element()) is Effect.READ
    assert guard.admit_message(message_of(request_)) is Effect.READ


@pytest.mark.parametrize("request_", CHANGING_RPCS, ids=str)
def test_changing_rpcs_pass_as_changes(request_: Rpc) -> None:
    assert guard.admit_element(request_.element()) is Effect.CHANGE
    assert guard.admit_message(message_of(request_)) is Effect.CHANGE


@pytest.mark.parametrize("request_", REFUSED_RPCS, ids=str)
def test_other_rpcs_are_refused(request_: Rpc) -> None:
    with pytest.raises(GuardError):
        guard.admit_element(request_.element())
    with pytest.raises(GuardError):
        guard.admit_message(message_of(request_))


def test_every_rpc_of_the_table_is_a_change_exactly_when_its_verb_changes() -> None:
    changing = re.compile(r"monitor-|clear-|request-(?!.*-show$|pfe-execute$)|file-delete$")
    assert {name for name, rule in RPCS.items() if rule.effect is Effect.CHANGE} == {
        name for name in RPCS if changing.match(name)
    }


def test_every_line_rule_is_a_change_exactly_when_its_verb_changes() -> None:
    changing = re.compile(r"monitor |clear |file delete$|request ipsec switch ")
    assert {rule.fixed for rule in RULES if rule.effect is Effect.CHANGE} == {
        rule.fixed for rule in RULES if changing.match(rule.fixed)
    }


@pytest.mark.parametrize("name", [
    *FOREIGN, f"{OURS} ", "orc-\uff12\uff10260102T030405-a1b2c3-600s-fwd",
                                  f"orc-20260102T030405-a1b2c3-{'9' * 30}s-fwd",
    "orc-20269902T030405-a1b2c3-1s-fwd",
])  # fmt: skip
def test_names_without_our_tag_are_neither_created_nor_cleared_nor_deleted(name: str) -> None:
    for request in (
        Rpc("monitor-security-flow-filter", (("filter-name", name),)),
        Rpc("clear-monitor-security-flow-filter", (("filter-name", name),)),
        Rpc("file-delete", (("path", f"/var/log/{name}"),)),
    ):
        with pytest.raises(GuardError):
            guard.admit_element(request.element())
    for line in (
        f"monitor security flow filter {name}",
        f"clear monitor security flow filter {name}",
        f"file delete /var/log/{name}",
    ):
        with pytest.raises(GuardError):
            guard.admit_line(line)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/var/log", "/var/log/", "/var/log/../x", "/var/log/.x", "/var/log/a b", "/var/log/a;b",
     "messages", "/var/log/$x", "/var/log/x\n", "/var/logs/x", "/var/log//x", "~/x", "", "/var/log/*",
     "/var/log/x|y", "/var/log/`x`"],
)  # fmt: skip
def test_paths_outside_the_log_folders_are_not_copied(path: str) -> None:
    with pytest.raises(GuardError):
        guard.admit_path(path)


@pytest.mark.parametrize(
    "message",
    [b"", b"x", b"\xff\xfe", b"<a/>", f'<rpc message-id="1" xmlns="{BASE}"/>'.encode(), b"<rpc><get-log/></rpc>",
     message_of("<get-flow-status-all/>").decode().encode("utf-16"), message_of("<get-flow-status-all/>", "]]>]]>"),
     b'<?xml version="1.0" encoding="UTF-7"?>' + message_of("<get-flow-status-all/>"),
     b"<!DOCTYPE x [<!ENTITY y 'z'>]>" + message_of("<get-flow-status-all/>"),
     message_of("<get-flow-status-all/>") + b"<commit/>", message_of("<get-flow-status-all/>") + b"]]>]]><commit/>",
     message_of("<get-flow-status-all/>").replace(b"message-id", b"x='1' message-id"),
     message_of(message_of("<get-flow-status-all/>").decode()),
     f'<nc:hello xmlns:nc="{BASE}"><lock-configuration/></nc:hello>'.encode(),
     f'<nc:hello xmlns:nc="{BASE}">x<nc:capabilities/></nc:hello>'.encode()],
)  # fmt: skip
def test_other_bytes_than_a_message_do_not_leave(message: bytes) -> None:
    with pytest.raises(GuardError):
        guard.admit_message(message)
