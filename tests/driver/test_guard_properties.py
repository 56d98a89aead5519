"""Nothing can be written so that something harmful passes the guard."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from guard_cases import (
    BASE,
    CHANGING_LINES,
    CHANGING_RPCS,
    GLUE,
    READING_LINES,
    READING_RPCS,
    admitted,
    assert_harmless_element,
    assert_harmless_line,
    elements,
    lines,
    message_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from orchestrator.driver import guard
from orchestrator.driver.base import Rpc


@settings(max_examples=600, deadline=None)
@given(lines)
def test_no_text_becomes_a_harmful_line(line: str) -> None:
    if admitted(guard.admit_line, line):
        assert_harmless_line(line)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(READING_LINES + CHANGING_LINES), st.sampled_from(GLUE[3:] + tuple("'$\\<(*?é\x7f")), st.data())
def test_a_valid_line_with_something_put_into_it_is_refused_or_harmless(
    line: str, put: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(line)))
    tail = data.draw(st.sampled_from(("", "configure", "commit", "request system zeroize", "save /var/tmp/x")))
    changed = line[:at] + put + tail + line[at:]
    assert put == "*" or put == "  " or not admitted(guard.admit_line, changed)
    if admitted(guard.admit_line, changed):
        assert_harmless_line(changed)


@settings(max_examples=600, deadline=None)
@given(elements())
def test_no_element_tree_carries_a_harmful_operation(element: etree._Element) -> None:
    data = message_of(etree.tostring(element, encoding="unicode"))
    direct, on_the_wire = admitted(guard.admit_element, element), admitted(guard.admit_message, data)
    assert direct or not on_the_wire
    if direct:
        assert_harmless_element(ET.fromstring(etree.tostring(element)))


def with_text(body: str, text: str) -> str:
    root = etree.fromstring(body)
    root.text = text
    return etree.tostring(root, encoding="unicode")


def with_inside(body: str, name: str) -> str:
    root = etree.fromstring(body)
    etree.SubElement(root, name)
    return etree.tostring(root, encoding="unicode")


MUTATIONS: dict[str, Callable[[str], str]] = {
    "a comment": lambda body: body.replace(">", "><!-- x -->", 1),
    "a comment before": lambda body: f"<!-- x -->{body}",
    "CDATA": lambda body: body.replace(">", "><![CDATA[x]]>", 1),
    "an instruction": lambda body: body.replace(">", "><?x y?>", 1),
    "an instruction before": lambda body: f"<?x y?>{body}",
    "an entity": lambda body: body.replace(">", ">&x;", 1),
    "a newline by number": lambda body: body.replace("</", "x&#10;</", 1) if "</" in body else f"&#x;{body}",
    "loose text inside": lambda body: with_text(body, "x"),
    "loose text behind": lambda body: f"{body}x",
    "loose text before": lambda body: f"x{body}",
    "a second operation": lambda body: f"{body}<commit-configuration/>",
    "the same operation twice": lambda body: body + body,
    "an operation inside": lambda body: with_inside(body, "lock-configuration"),
    "an attribute": lambda body: re.sub(r"^<([\w-]+)", r'<\1 operation="delete"', body),
    "an attribute with a namespace": lambda body: re.sub(r"^<([\w-]+)", r'<\1 xmlns:x="urn:x" x:format="text"', body),
    "a foreign namespace": lambda body: re.sub(r"^<([\w-]+)", r'<\1 xmlns="urn:x"', body),
    "an end mark": lambda body: f"{body}]]>]]><commit-configuration/>",
    "another name": lambda body: re.sub(r"^<([\w-]+)(.*?)(</\1>|/>)$", r"<x\1\2</x\1>", body.replace("/>", "></x>")),
    "a character that is not ASCII": lambda body: body.replace("</", "é</", 1) if "</" in body else f"é{body}",
}  # fmt: skip


@pytest.mark.parametrize("how", MUTATIONS)
def test_a_valid_message_with_something_put_into_it_is_refused(how: str) -> None:
    for request in READING_RPCS + CHANGING_RPCS + ("<command>show version</command>",):
        body = str(request)
        assert admitted(guard.admit_message, message_of(body))
        changed = MUTATIONS[how](body)
        assert changed != body
        assert not admitted(guard.admit_message, message_of(changed)), changed


@pytest.mark.parametrize("request_", [one for one in READING_RPCS + CHANGING_RPCS if one.args], ids=str)
def test_no_value_carries_a_character_of_a_shell_or_a_second_command(request_: Rpc) -> None:
    for at, (name, value) in enumerate(request_.args):
        for bad in (
            "\n",
            "\r\nconfigure",
            " ",
            "|save x",
            ";reboot",
            '"',
            "'",
            ">x",
            "<x/>",
            "&",
            "$x",
            "`x`",
            "\\",
            "é",
        ):
            args = (*request_.args[:at], (name, f"{value or ''}{bad}"), *request_.args[at + 1 :])
            assert not admitted(guard.admit_element, Rpc(request_.name, args).element()), args


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(READING_RPCS + CHANGING_RPCS), st.data())
def test_a_damaged_message_is_refused_or_harmless_to_another_parser(request: Rpc, data: st.DataObject) -> None:
    message = bytearray(message_of(request))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(message)))
        end = data.draw(st.integers(start, min(len(message), start + 6)))
        message[start:end] = data.draw(
            st.binary(max_size=4)
            | st.sampled_from(
                (b"<commit/>", b"]]>]]>", b"<!--", b"<!DOCTYPE x>", b"<?x?>", b"lock-", b"/", b">", b"'", b"&lt;")
            )
        )
    if admitted(guard.admit_message, bytes(message)):
        assert b"]]>" not in message
        root = ET.fromstring(bytes(message))
        assert root.tag == f"{{{BASE}}}rpc"
        assert len(root) == 1
        assert_harmless_element(root[0])
