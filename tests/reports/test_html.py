"""The page for a browser, read as a document; the browser itself is in ``test_html_browser``."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from samples import HOSTILE, everywhere, frozen

from orchestrator.reports import to_html
from orchestrator.reports.ladder import DRAWN, NARROW, WIDE, chosen, flags, ladder
from orchestrator.reports.moments import after, ticks, times_of_day
from orchestrator.reports.timeline import histogram, timeline


def page(result: dict[str, Any]) -> html.HtmlElement:
    return html.fromstring(to_html.render(result))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def section(document: html.HtmlElement, name: str) -> str:
    return words(document.xpath(f"//section[@aria-labelledby='device-1-{name}']")[0])


def packets(*outcomes: str, **more: Any) -> list[dict[str, Any]]:
    return [{"direction": "there", "outcome": one, "reason": f"why {at}", **more} for at, one in enumerate(outcomes)]


def test_the_verdict_is_the_first_heading() -> None:
    document = page(frozen("denied"))
    assert words(document.xpath("//h1")[0]).startswith("10.1.1.10/52001 \u2192 192.0.2.25/25 tcp: denied by policy")
    assert len(document.xpath("//h1")) == 1


def test_everything_of_a_device_is_told_in_its_order() -> None:
    headings = [words(one) for one in page(frozen("denied")).xpath("//section[@class='device']//h3")]
    assert headings == [
        "Findings", "Packets", "Packet drops the device recorded", "Sources", "Expectations: 0 of 1 met",
        "Configuration", "Left behind, and notes", "What was sent to the device", "Files brought home", "Steps",
    ]  # fmt: skip


def test_the_raw_lines_unfold_under_their_finding() -> None:
    raw = page(frozen("denied")).xpath("//article[@class='finding']//details//code/text()")
    assert raw == [line["text"] for line in frozen("denied")["devices"][0]["findings"][0]["lines"]]


def test_what_the_sources_and_expectations_say_is_told() -> None:
    document = page(frozen("permitted"))
    assert "session 3 counted 30 packets in" in section(document, "sources")
    assert "met: packets back: at least 1" in section(document, "expected")
    assert "No commit happened" in section(document, "untouched")
    assert "not met" not in section(document, "expected")


def test_a_commit_by_somebody_is_told() -> None:
    result = frozen("denied")
    result["devices"][0]["commit_id_after"] = "re0-2"
    assert "Somebody committed meanwhile" in section(page(result), "untouched")


def test_session_counters_stand_as_numbers_beside_their_bars() -> None:
    text = section(page(frozen("permitted")), "sessions")
    assert "packets in: 120 to 150" in text
    assert "packets in: none to 7" in text
    assert "stalled" in text


def test_every_packet_stands_in_the_table_with_its_lines() -> None:
    one = frozen("permitted")["devices"][0]["conversations"]
    document = page(frozen("permitted"))
    rows = document.xpath("//section[@aria-labelledby='device-1-packets']//tr[contains(@class, 'has-lines')]")
    assert len(rows) == sum(len(each["packets"]) for each in one)
    shown = document.xpath("//section[@aria-labelledby='device-1-packets']//tr[@class='lines']//code/text()")
    assert len(shown) == sum(len(packet["lines"]) for each in one for packet in each["packets"])


def test_files_link_into_the_run_directory_only() -> None:
    result = frozen("denied")
    names = ["lab/a b.xml", "/etc/passwd", "lab/../../x", "javascript:alert(1)", "https://evil.example/x"]
    result["devices"][0]["artifacts"] = [
        result["devices"][0]["artifacts"][0] | {"name": name} for name in names
    ]  # fmt: skip
    links = page(result).xpath("//section[@aria-labelledby='device-1-files']//a/@href")
    assert links == ["./lab/a%20b.xml", "./javascript%3Aalert%281%29", "./https%3A//evil.example/x"]


def test_several_devices_get_a_table_first_and_a_section_each() -> None:
    result = frozen("denied")
    result["devices"] += frozen("failed")["devices"]
    document = page(result)
    assert words(document.xpath("//h1")[0]) == "2 devices: 1 denied, 1 failed."
    assert document.xpath("//section[@aria-labelledby='devices']//a/@href") == ["#device-1", "#device-2"]
    assert [words(one.find(".//h2")) for one in document.xpath("//section[@class='device']")] == [
        "lab denied", "edge-fw2 failed",
    ]  # fmt: skip
    assert "is the management address right?" in document.text_content()


def test_a_result_of_the_first_release_still_makes_a_page() -> None:
    document = page(frozen("denied-first-release"))
    assert "policy deny" in section(document, "findings")
    assert document.xpath("//svg[contains(@class, 'ladder')]") == []


@pytest.mark.parametrize("key", list(frozen("permitted")["devices"][0]))
def test_any_key_of_a_device_may_be_missing_or_null(key: str) -> None:
    result = frozen("permitted")
    del result["devices"][0][key]
    assert page(result).xpath("//main")
    result["devices"][0][key] = None
    assert page(result).xpath("//main")


def test_a_bare_result_makes_a_page() -> None:
    assert page({"devices": [{"device": "a"}]}).xpath("//main")
    assert page({}).xpath("//main")


def test_the_page_may_load_nothing_and_its_style_is_the_one_that_is_allowed() -> None:
    text = to_html.render(frozen("denied"))
    document = html.fromstring(text)
    policy = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'", f"style-src 'sha256-{digest}'", "img-src data:", "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip
    assert document.xpath("//script | //iframe | //object | //@style | //*[starts-with(name(@*), 'on')]") == []
    assert [one for one in document.xpath("//@src | //link/@href") if one != "data:,"] == []
    assert not re.search(r"url\(|@import|https?:", style)


def test_hostile_text_stays_text_and_has_no_control_characters() -> None:
    text = to_html.render(everywhere(frozen("permitted"), HOSTILE))
    assert not set(text) & set("\x00\x1b\u202e\u2066\ud800\u2028")
    document = html.fromstring(text)
    assert document.xpath("//script | //img") == []
    assert "{{ 7*7 }}" in document.text_content()
    text.encode("utf-8")


@settings(max_examples=25)
@given(st.text())
def test_any_text_makes_the_same_elements(text: str) -> None:
    def shape(result: dict[str, Any]) -> list[str]:
        return [
            str(one.tag)
            for one in page(result).iter()
            if one.tag in {"script", "section", "svg", "table", "h1", "details"}
        ]

    assert shape(everywhere(frozen("denied"), f"x{text}")) == shape(everywhere(frozen("denied"), "x"))


def test_one_very_long_line_does_not_make_a_very_long_page() -> None:
    result = frozen("denied-first-release")
    before = len(to_html.render(result))
    result["devices"][0]["findings"][0]["lines"][0]["text"] = "A" * 5_000_000
    assert len(to_html.render(result)) < before + 20_000
    assert "(5,000,000 characters)" in to_html.render(result)


def test_headings_never_skip_a_level() -> None:
    levels = [int(one.tag[1]) for one in page(frozen("permitted")).iter("h1", "h2", "h3", "h4")]
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_every_drawing_has_a_title_a_description_and_an_id_of_its_own() -> None:
    document = page(frozen("denied"))
    drawings = document.xpath("//svg[@role='img']")
    assert len(drawings) >= 4
    for one in drawings:
        title, description = one.get("aria-labelledby").split()
        assert document.get_element_by_id(title).text
        assert document.get_element_by_id(description).text
    ids = document.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert [one for one in document.xpath("//nav//a/@href") if one.removeprefix("#") not in ids] == []


def test_an_arrow_crosses_the_firewall_only_when_the_packet_was_forwarded() -> None:
    for layout in (WIDE, NARROW):
        forwarded, dropped, unknown = ladder(packets("forwarded", "dropped", "unknown"), layout).arrows
        assert forwarded.way_on == (layout.outside, layout.server)
        assert forwarded.cross is None
        assert dropped.way == (layout.client, layout.inside)
        assert dropped.way_on is None is unknown.way_on
        assert dropped.note is not None
        assert dropped.note.lines == ("why 1",)


def test_a_packet_of_the_server_runs_the_other_way() -> None:
    (arrow,) = ladder(packets("forwarded", direction="back"), WIDE).arrows
    assert (arrow.way, arrow.way_on) == ((WIDE.server, WIDE.outside), (WIDE.inside, WIDE.client))
    assert arrow.head.startswith(f"{WIDE.client},")


def test_an_ambiguous_packet_is_never_drawn_as_a_drop() -> None:
    (arrow,) = ladder(packets("dropped", ambiguous=True), WIDE).arrows
    assert arrow.outcome == "unclear"
    assert arrow.note is not None
    assert "why" not in arrow.note.lines[0]


def test_a_long_ladder_is_cut_drops_are_kept_and_the_rest_is_counted() -> None:
    many = packets(*["forwarded"] * 300)
    many[250] |= {"outcome": "dropped"}
    drawing = ladder(many, WIDE)
    assert len(drawing.arrows) == DRAWN
    assert 251 in [one.number for one in drawing.arrows]
    assert [one.text for one in drawing.gaps] == ["191 packets not drawn", "49 packets not drawn"]


@given(st.lists(st.sampled_from(["forwarded", "dropped"]), max_size=200))
def test_the_packets_drawn_and_those_counted_are_all_there_are(outcomes: list[str]) -> None:
    many = packets(*outcomes)
    drawing = ladder(many, NARROW)
    counted = sum(int(one.text.partition(" ")[0]) for one in drawing.gaps)
    assert len(drawing.arrows) + counted == len(many)
    assert len(drawing.arrows) == min(len(many), DRAWN)
    assert chosen(many) == sorted(set(chosen(many)))
    assert all(0 < one.y < drawing.height for one in drawing.arrows)


@pytest.mark.parametrize(
    ("printed", "read"), [("2 syn", "SYN"), ("12 syn ack", "SYN ACK"), ("18", "PSH ACK"), ("", ""), ("zz", "ZZ")]
)
def test_tcp_flags_are_named(printed: str, read: str) -> None:
    assert flags(printed) == read


def test_a_timeline_lies_on_the_clock_of_the_device() -> None:
    stamped = packets("forwarded", "dropped")
    stamped[0]["time"], stamped[1]["time"] = "2026-11-23T10:00:00", "2026-11-23T10:00:10"
    drawing = timeline([{"title": "a", "packets": stamped}], "wide", 760)
    assert drawing is not None
    assert drawing.start == "10:00:00.000"
    assert [mark.x for mark in drawing.lanes[0].marks] == [10, 750]
    assert timeline([{"title": "a", "packets": packets("dropped")}], "wide", 760) is None


def test_a_million_packets_make_no_more_marks_than_a_lane_holds() -> None:
    stamped = [{"outcome": "forwarded", "time": f"2026-11-23T10:00:{at // 100:02}.{at % 100:02}"} for at in range(6000)]
    drawing = timeline([{"title": "a", "packets": stamped}], "narrow", 320)
    assert drawing is not None
    assert len(drawing.lanes[0].marks) <= 160


def test_drops_are_counted_into_bars_also_past_midnight() -> None:
    drops = [{"time": one} for one in ("00:00:02.5", "23:59:58.5", "23:59:58.6", "when?")]
    made = histogram(drops)
    assert made is not None
    assert (made.most, made.begins, made.ends, made.untimed) == (2, "23:59:58", "00:00:02", 1)
    assert sum(bar.count for bar in made.bars) == 3
    assert histogram([{"time": "when?"}]) is None


def test_times_read_well() -> None:
    assert [after(one) for one in (0, 0.04, 0.12, 3.5, 61, -2)] == [
        "+0 ms",
        "+40 ms",
        "+0.12 s",
        "+3.5 s",
        "+61 s",
        "-2 s",
    ]
    assert after(185) == "+3:05"
    assert list(ticks(10, 5)) == [0, 2, 4, 6, 8, 10]
    assert times_of_day(["1:2:3", "x", "25:00:00"]) == [3723.0, None, None]
