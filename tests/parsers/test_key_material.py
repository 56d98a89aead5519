"""Keys are found in whatever form they come, and nothing else is touched."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from orchestrator.parsers import ike_sa, ipsec_sa, key_material
from orchestrator.parsers.as_json import as_json
from orchestrator.parsers.source import Source

KEY = "5ec2e7a000112233"


@pytest.mark.parametrize(
    "text",
    [
        f"    Authentication key: {KEY}",
        f"Encryption key: {KEY}, Mode: tunnel",
        f"ESP encryption key (hexadecimal): {KEY}",
        f"Pre-shared key: {KEY}",
        f"authentication key = {KEY}",
        f"<sa-authentication-key>{KEY}</sa-authentication-key>",
        f"<junos:sa-encryption-key>\n{KEY}\n</junos:sa-encryption-key>",
        f'<sa-encryption-key junos:format="hex">{KEY}</sa-encryption-key>',
        f"<pre-shared-key>{KEY}</pre-shared-key>",
        f"Authentication key: 01234567 89abcdef {KEY}",
        f"Encryption key: 0123456789abcdef\n      {KEY}\n",
        f"Encryption key: 0123456789abcdef\r\n      {KEY}\r\n",
        f'Pre-shared key: "my {KEY} here"',
        f"Pre-shared key: a,b;{KEY}",
        f"Encryption key: hexadecimal {KEY}",
        f"Authentication Key  : ascii-text {KEY}",
        f"Authentication key   {KEY}",
        f"sa_encryption_key: {KEY}",
        f"Pre-shared secret: {KEY}",
        f"<SA-Authentication-Key>{KEY}</SA-Authentication-Key>",
        f"<sa-authentication-key>{KEY}",
        f"<sa-authentication-key>12<!-- x -->{KEY}</sa-authentication-key>",
        f"<sa-authentication-key><![CDATA[{KEY}]]></sa-authentication-key>",
        f"pre-shared-key ascii-text {KEY};",
        f'pre-shared-key ascii-text "{KEY}"; ## SECRET-DATA',
        f'inactive: root-authentication "{KEY}"; ## SECRET-DATA',
        f"secret   $9${KEY};",
        f"set system root-authentication encrypted-password $6${KEY}",
    ],
)
def test_a_key_in_text_is_taken_out_and_its_name_stays(text: str) -> None:
    found = key_material.redact_text(text)
    assert KEY not in found
    assert key_material.REMOVED in found
    assert found.replace(key_material.REMOVED, "").strip()[:8] == text.strip()[:8]


@pytest.mark.parametrize(
    "text",
    [
        "  Authentication        : hmac-md5-96",
        "Encryption: aes-cbc (128 bits)",
        "Public key algorithm: rsaEncryption(2048 bits)",
        "IKE peer 192.0.2.1",
        "<key-usage>CRL signing</key-usage>",
        "<sa-authentication-algorithm>hmac-sha1-96</sa-authentication-algorithm>",
        "key management daemon: restarted",
        "Session key lifetime 3600 seconds",
        "set security ike policy x pre-shared-keys-of nobody",
    ],
)
def test_what_only_resembles_a_key_is_left(text: str) -> None:
    assert key_material.redact_text(text) == text


def test_what_stands_behind_a_key_stays() -> None:
    text = f"Encryption key: {KEY}\n    {KEY}\n  Mode: tunnel\n  Encryption key: {KEY}, Mode: tunnel\n"
    left = key_material.redact_text(text)
    assert left == "Encryption key: (removed)\n  Mode: tunnel\n  Encryption key: (removed), Mode: tunnel\n"
    marked = f'ike {{\n  pre-shared-key ascii-text "{KEY}"; ## SECRET-DATA\n  mode main;\n}}\n'
    assert key_material.redact_text(marked) == "ike {\n  pre-shared-key (removed);\n  mode main;\n}\n"


def test_a_key_behind_an_element_of_a_reply_is_taken_out() -> None:
    root = etree.fromstring(f"<output>Security association<x/>Encryption key: {KEY}<x/>$9${KEY}</output>")
    assert key_material.redact_element(root) == 2
    assert KEY.encode() not in etree.tostring(root)


@pytest.mark.parametrize(
    "text",
    ["encryption key" + " " * 50_000, "encryption key: " + "ab " * 20_000, "\n" * 50_000 + "secret",
     "x" * 50_000 + "## SECRET", "## " * 20_000 + "secret", "<sa-encryption-key>" * 5_000],
    ids=["blanks", "groups", "lines", "statement", "marks", "open"],
)  # fmt: skip
def test_hostile_text_takes_no_time(text: str) -> None:
    begun = time.process_time()
    key_material.redact_text(text)
    assert time.process_time() - begun < 2


def test_keys_of_a_reply_are_taken_out_in_place_with_and_without_namespace() -> None:
    root = etree.fromstring(
        f'<rpc-reply xmlns="urn:x"><sa-spi>{KEY}</sa-spi><b xmlns=""><sa-authentication-key>{KEY}<x/>{KEY}'
        f"</sa-authentication-key></b><sa-encryption-key/><output>Encryption key: {KEY}</output></rpc-reply>"
    )
    assert key_material.redact_element(root) == 2
    assert etree.tostring(root).count(KEY.encode()) == 1  # the SPI that looks like one


@given(st.text(st.characters(exclude_characters="<>&", exclude_categories=["Cs", "Cc"]), max_size=60))
def test_text_without_a_label_of_a_key_is_never_changed(text: str) -> None:
    if not any(hint in text.lower() for hint in ("key", "secret", "$")):
        assert key_material.redact_text(text) == text


@pytest.mark.parametrize("label", ["Authentication key", "Encryption key", "Encryption key (hexadecimal)"])
def test_no_parser_lets_a_key_of_a_saved_output_into_a_record(label: str) -> None:
    text = f"Security association: x, Interface family: Up\n  Direction: inbound, SPI: 5\n  {label}: {KEY}\n"
    assert KEY not in str([as_json(one) for one in ipsec_sa.parse(Source.of_text(text))])
    text = f"IKE peer 192.0.2.1\n  Role: Initiator, {label}: {KEY}\n"
    assert KEY not in str([as_json(one) for one in ike_sa.parse(Source.of_text(text))])
