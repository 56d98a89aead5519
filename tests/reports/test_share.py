"""Files for a vendor: nobody can be recognised, and everything can still be read."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import DATA, frozen, packets_of

from orchestrator.analysis.asked import Asked
from orchestrator.analysis.conversations import join
from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.judge import judge
from orchestrator.model.flow import Endpoint
from orchestrator.parsers import packet_drop, session_table, system_log
from orchestrator.parsers.as_json import as_json
from orchestrator.parsers.source import Source
from orchestrator.reports.schema import result_schema
from orchestrator.reports.share import Pseudonyms
from orchestrator.reports.share_addresses import Addresses

V4 = ipaddress.ip_network("10.0.0.0/8")
V6 = ipaddress.ip_network("2001:db8::/32")
TRACES = sorted(DATA.glob("flow_trace/*/input.log"))
# Addresses that a host can have.
HOSTS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda one: (one.is_global and not one.is_multicast)
    or one in ipaddress.ip_network("10.0.0.0/8" if one.version == 4 else "fc00::/7")
)  # fmt: skip


def scrub(text: str, **how: Any) -> str:
    return Pseudonyms("salt", **how).scrub(text)


def every_form(address: str) -> list[str]:
    """What an address looks like when other programs write it."""
    one = ipaddress.ip_address(address)
    if one.version == 6:
        return [str(one), one.exploded, str(one).upper(), f"{int(one):032x}"]
    number = int(one)
    return [
        address, f"0x{number:08x}", f"{number:08X}", number.to_bytes(4, "little").hex(), str(number),
        address.replace(".", "-"), ".".join(f"{int(each):03}" for each in address.split(".")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("<198.51.100.7/80->203.0.113.9/443;6,0x0> matched filter F:", "<{}/80->{}/443;6,0x0> matched filter F:"),
        ("  ge-0/0/0.0:198.51.100.7/1->203.0.113.9/2, tcp, flag 2", "  ge-0/0/0.0:{}/1->{}/2, tcp, flag 2"),
        ("src nat 198.51.100.7(5) to 203.0.113.9(6) returns", "src nat {}(5) to {}(6) returns"),
        ("  reth0.100:2001:db9::7/1->2001:db9:1::9/2, tcp", "  reth0.100:{}/1->{}/2, tcp"),
        ("  .local..0:198.51.100.7/22->203.0.113.9/5, tcp", "  .local..0:{}/22->{}/5, tcp"),
        ("IP 198.51.100.7.51001 > 203.0.113.9.443: Flags", "IP {}.51001 > {}.443: Flags"),
        ('{"a":"198.51.100.7","b":["2001:db9::9"]}', '{{"a":"{}","b":["{}"]}}'),
        ("<a>198.51.100.7</a><b>\n2001:db9::9\n</b>", "<a>{}</a><b>\n{}\n</b>"),
        ("[2001:db9::7]:443 fe80::2%ge-0/0/0.0", "[{}]:443 {}%ge-0/0/0.0"),
        ("to 198.51.100.7. From 203.0.113.9: yes", "to {}. From {}: yes"),
        ("from 2001:db9::7: lost, 2001:db9::9, too", "from {}: lost, {}, too"),
    ],
)
def test_an_address_is_found_in_every_place_and_what_is_around_it_stays(text: str, shape: str) -> None:
    made = scrub(text)
    pattern = re.escape(shape).replace(re.escape("{}"), "([0-9a-f.:]+)").replace(r"\{\{", r"\{").replace(r"\}\}", r"\}")
    found = re.fullmatch(pattern, made)
    assert found, made
    for one in found.groups():
        address = ipaddress.ip_address(one)
        assert address in (V4 if address.version == 4 else V6) or address in ipaddress.ip_network("fe80::/64")
    assert not re.search(r"198\.51\.100\.7|203\.0\.113\.9|2001:db9|::2%", made)


@pytest.mark.parametrize("address", ["198.51.100.7", "203.0.113.250", "2001:db9:1:2::abcd"])
def test_no_form_of_an_address_survives(address: str) -> None:
    text = " ".join([address, *every_form(address)])
    made = scrub(text).lower()
    assert [one for one in every_form(address) if re.search(rf"\b{re.escape(one.lower())}\b", made)] == []
    shown = str(ipaddress.ip_address(made.split()[0]))
    for word, form in zip(made.split()[1:], every_form(address), strict=True):
        other = every_form(shown)[every_form(address).index(form)].lower()
        assert word in {other, shown}


def test_a_hexadecimal_address_of_a_lookup_line_is_replaced_although_it_stands_nowhere_else() -> None:
    made = scrub("find flow: table 0x5258d7b0, hash 1(0xffff), sa 0xc6336407, da 0xcb007109, sp 1")
    assert "table 0x5258d7b0, hash 1(0xffff), sa 0x0a" in made
    assert "c6336407" not in made
    assert "cb007109" not in made


@pytest.mark.parametrize(
    "text",
    [
        "Nov 23 19:36:06 19:36:05.799762:CID-0:THREAD_ID-01:LSYS_ID-00:RT:",
        "mbuf 0x43012480, exit nh 0x4d0010", "junos@2636.1.1.1.2.129", "JUNOS 24.4R1.9", "0.0.0.0/0", "127.0.0.1",
        "255.255.255.0", "::", "::1", "224.0.0.5", "std::array", "a sha256 " + "1234abcd" * 8, "bytes 1234567890",
        "2026-11-23T19:36:04.636511+00:00", "ff:ff:ff:ff:ff:ff", "orc-20261123T193604-192d3c-605s-fwd",
    ],
)  # fmt: skip
def test_what_names_nobody_stays(text: str) -> None:
    assert scrub(text) == text


def test_the_same_salt_gives_the_same_and_another_another() -> None:
    text = "198.51.100.7 2001:db9::1 02:00:5e:10:00:01"
    assert Pseudonyms("a").scrub(text) == Pseudonyms(b"a").scrub(text) != Pseudonyms("b").scrub(text)
    one = Pseudonyms("a")
    assert one.scrub("198.51.100.7") in one.scrub("again 198.51.100.7/80")


@given(HOSTS, HOSTS)
def test_two_addresses_share_as_long_a_beginning_as_before(one: Any, other: Any) -> None:
    made = Addresses(b"salt")
    made.learn(one)
    made.learn(other)
    shown, also = made.replace(one), made.replace(other)
    assert (one == other) is (shown == also)
    assert shown.version == one.version
    if one.version != other.version:
        return
    site = 16 if one.version == 4 else 48
    width = one.max_prefixlen

    def common(a: Any, b: Any) -> int:
        return width - (int(a) ^ int(b)).bit_length()

    before = common(one, other)
    assert common(shown, also) == before if before >= site else common(shown, also) < site


@pytest.mark.parametrize("sites", [3, 200, 256])
def test_no_replacement_is_an_address_of_the_original(sites: int) -> None:
    real = [ipaddress.IPv4Address(10 << 24 | at << 16 | 5) for at in range(sites)]
    made = Addresses(b"salt")
    for one in real:
        made.learn(one)
    shown = [made.replace(one) for one in real]
    assert len(set(shown)) == len(real)
    assert not {int(one) >> 16 for one in shown} & {int(one) >> 16 for one in real}


def test_the_end_of_an_address_does_not_stay_what_it_was() -> None:
    made = Addresses(b"salt")
    for prefix, bits in (("198.51.0.0", 16), ("2001:db9::", 80)):
        start = int(ipaddress.ip_address(prefix))
        real = [ipaddress.ip_address(start + at * 257) for at in range(1, 60)]
        kept = [one for one in real if (int(one) ^ int(made.replace(one))) % 2**bits == 0]
        assert len(kept) <= 1


def test_more_sites_than_there_is_room_for_still_get_addresses_of_their_own() -> None:
    made = Addresses(b"salt")
    sites = [ipaddress.IPv4Address(at << 16 | 5) for at in range(1 << 8, 12 << 8)]
    shown = {made.replace(one) for one in sites}
    assert len(shown) == len(sites)
    assert all(one in V4 or one in ipaddress.ip_network("240.0.0.0/4") for one in shown)


def test_a_prefix_stays_a_prefix_that_holds_what_it_held() -> None:
    one = Pseudonyms("salt")
    networks = [ipaddress.ip_network(one.scrub(text)) for text in ("198.51.100.0/24", "198.51.0.0/16", "198.48.0.0/12",
                                                                   "2001:db9:1::/48", "198.51.100.4/30")]  # fmt: skip
    assert [each.prefixlen for each in networks] == [24, 16, 8, 48, 30]
    for address, holders in (("198.51.100.6", (0, 1, 2, 4)), ("198.51.100.9", (0, 1, 2)), ("2001:db9:1::9", (3,))):
        shown = ipaddress.ip_address(one.scrub(address))
        assert [at for at, each in enumerate(networks) if shown in each] == list(holders)


def test_a_mac_address_keeps_its_writing_and_is_the_same_in_each() -> None:
    made = scrub("00:1b:c0:12:34:56 001b.c012.3456 00-1B-C0-12-34-56").split()
    assert [one[2:3] for one in made] == [":", "8", "-"] or [one.count(":") for one in made] == [5, 0, 0]
    assert len({re.sub("[^0-9a-f]", "", one) for one in made}) == 1
    assert "1bc0123456" not in re.sub("[^0-9a-f]", "", made[0])


def test_a_reverse_name_is_turned_like_its_address() -> None:
    one = Pseudonyms("salt")
    shown = one.scrub("198.51.100.7").split(".")
    assert one.scrub("7.100.51.198.in-addr.arpa") == ".".join(reversed(shown)) + ".in-addr.arpa"


@pytest.mark.parametrize(
    "text",
    [
        'encrypted-password "$6$abcdefgh$0123456789";', "secret $9$abc/defghij;",
        'pre-shared-key ascii-text "Hunter2";',
        '{"password": "Hunter2"}', "<password>Hunter2</password>", "https://bob:Hunter2@example.net/",
        "snmp community Hunter2;", "ssh-ed25519 AAAAC3Hunter2 bob",
        "-----BEGIN RSA PRIVATE KEY-----\nHunter2\n-----END RSA PRIVATE KEY-----",
        "<sa-encryption-key>Hunter2</sa-encryption-key>", "  Encryption key: Hunter2",
        '{"sa-encryption-key": "Hunter2"}',
    ],
)  # fmt: skip
def test_secrets_are_gone_and_the_same_secret_is_the_same_word(text: str) -> None:
    made = scrub(text)
    assert "SECRET-" in made
    assert not re.search(r"Hunter2|abcdefgh|defghij", made)
    assert len(set(re.findall(r"SECRET-\w+", scrub(f"{text}\n{text}")))) == 1
    assert scrub(made) == made


RT_FLOW = (
    '<14>1 2026-11-23T10:00:00.123Z edge-fw1.corp.example RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 '
    'source-address="198.51.100.7" source-port="5" destination-address="203.0.113.9" destination-port="443" '
    'policy-name="web-out" source-zone-name="inside" destination-zone-name="outside" protocol-id="6" '
    'username="carol" session-id-32="77" packet-incoming-interface="ge-0/0/3.0"]'
)  # fmt: skip


def test_names_go_and_zones_policies_and_interfaces_stay_readable() -> None:
    made = scrub(RT_FLOW + "\nedge-fw1.corp.example was asked by carol, not by carolina")
    assert not re.search(r"edge-fw1|corp|\bcarol\b", made)
    assert "carolina" in made
    assert 'policy-name="web-out" source-zone-name="inside"' in made
    assert "ge-0/0/3.0" in made


def test_zones_policies_and_interfaces_go_too_when_asked() -> None:
    made = scrub(RT_FLOW, names=True)
    assert not re.search(r"web-out|inside|outside|ge-0/0/3\b", made)
    (record,) = system_log.parse(Source.of_text(made))
    assert record is not None


def test_a_device_named_like_a_word_of_the_format_does_not_break_it() -> None:
    one = Pseudonyms("salt")
    one.add_name("device", "session")
    one.add_name("user", "tcp")
    assert one.scrub("flow got session, tcp") == "flow got session, tcp"


def test_the_table_leads_back() -> None:
    one = Pseudonyms("salt")
    text = "198.51.100.7 says carol at fw9"
    one.add_name("user", "carol")
    one.add_name("device", "fw9")
    made = one.scrub(text)
    for shown, real in one.table().items():
        made = made.replace(shown, real)
    assert made == text


def test_a_result_keeps_its_shape_and_names_nobody() -> None:
    for name in ("denied", "permitted", "failed"):
        result = frozen(name)
        result["devices"][0]["device"] = result["devices"][0]["device"].replace("lab", "edge-fw7")
        text = json.dumps(result).replace('"lab:', '"edge-fw7:').replace("/lab/", "/edge-fw7/")
        result = json.loads(text)
        made = Pseudonyms("salt").scrub_result(result)
        jsonschema.Draft202012Validator(result_schema()).validate(made)
        assert not re.search(r"alice|jump1|edge-fw\d|10\.1\.1\.10|192\.0\.2\.\d|\blab\b", json.dumps(made))
        assert [one["sha256"] for one in made["devices"][0]["artifacts"]] == [
            one["sha256"] for one in result["devices"][0]["artifacts"]
        ]
        assert (made["verdict"], made["started"], made["run_id"]) == (
            result["verdict"], result["started"], result["run_id"],
        )  # fmt: skip


def _read(text: str, tmp_path: Path) -> list[Any]:
    file = tmp_path / "trace"
    file.write_text(text, "utf-8")
    return packets_of(file)


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("names", [False, True])
def test_a_scrubbed_trace_is_read_as_the_original_was(path: Path, tmp_path: Path, *, names: bool) -> None:
    text = path.read_text("utf-8")
    one = Pseudonyms("salt", names=names)
    made = one.scrub(text)
    before, after = _read(text, tmp_path), _read(made, tmp_path)
    same = ("time", "outcome", "session_id", "length", "ip_id", "tcp_flags", "path", "rc", "soft", "thread", "mbuf")
    assert [[getattr(each, name) for name in same] for each in after] == [
        [getattr(each, name) for name in same] for each in before
    ]
    for old, new in zip(before, after, strict=True):
        assert (old.key is None) is (new.key is None)
        if old.key and new.key:
            assert new.key.source == one.scrub(old.key.source)
            assert (new.key.source_port, new.key.protocol) == (old.key.source_port, old.key.protocol)
            assert Asked(source=Endpoint.parse(old.key.source)) != Asked(source=Endpoint.parse(new.key.source))
    assert len(join(before)) == len(join(after))


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.parent.name)
def test_a_scrubbed_trace_gets_the_same_verdict(path: Path, tmp_path: Path) -> None:
    text = path.read_text("utf-8")
    one = Pseudonyms("another salt")
    made = one.scrub(text)
    for talk in join(_read(text, tmp_path)):

        def asked(key: Any, say: Any) -> Asked:
            ends = [
                Endpoint(ipaddress.ip_network(say(address)), port)
                for address, port in ((key.source, key.source_port), (key.destination, key.destination_port))
            ]
            return Asked(source=ends[0], destination=ends[1])

        before = judge(asked(talk.key, str), Evidence(packets=_read(text, tmp_path))).answer
        after = judge(asked(talk.key, one.scrub), Evidence(packets=_read(made, tmp_path))).answer
        assert (after.verdict, after.certainty) == (before.verdict, before.certainty)
        assert one.scrub(before.sentence) == after.sentence


@pytest.mark.parametrize(
    ("parser", "path"),
    [(session_table, each) for each in sorted(DATA.glob("session_table/*/input.*"))]
    + [(packet_drop, each) for each in sorted(DATA.glob("packet_drop/*/input.*"))],
    ids=lambda each: each.parent.name if isinstance(each, Path) else "",
)  # fmt: skip
def test_scrubbed_tables_are_read_as_the_originals_were(parser: Any, path: Path) -> None:
    text = path.read_text("utf-8", errors="surrogateescape")
    one = Pseudonyms("salt")
    sources = [Source.of_bytes(each.encode("utf-8", "surrogateescape")) for each in (text, one.scrub(text))]
    before, after = ([as_json(each) for each in parser.parse(source)] for source in sources)
    for each in (*before, *after):
        each.pop("place", None)  # where it stands in the file: a replacement may be longer
    assert [one.scrub(json.dumps(each)) for each in before] == [json.dumps(each) for each in after]


def test_no_address_of_a_real_run_survives(real_results: dict[str, dict[str, Any]]) -> None:
    for result in real_results.values():
        one = Pseudonyms("salt")
        one.learn_result(result)
        files = [Path(each["path"]) for each in result["devices"][0]["artifacts"]]
        texts = [json.dumps(result), *(each.read_text("utf-8") for each in files)]
        for text in texts:
            one.learn(text)
        real = {each for text in texts for each in re.findall(r"(?:10\.1\.1|192\.0\.2|198\.51\.100)\.\d+", text)}
        assert len(real) >= 2
        for text in texts:
            made = one.scrub(text).lower()
            for form in (form for each in real for form in every_form(each)):
                assert not re.search(rf"(?<![0-9a-f.]){re.escape(form.lower())}(?![0-9a-f])", made), form
