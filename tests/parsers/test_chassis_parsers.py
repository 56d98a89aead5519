"""Alarms, chassis errors and wedges: what the fixtures of ``test_cases`` do not show."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ParseError
from orchestrator.model.chassis import Action
from orchestrator.model.flow_trace import Line
from orchestrator.parsers import alarms, chassis_errors, wedge
from orchestrator.parsers.kinds import kind_of
from orchestrator.parsers.source import Source
from orchestrator.parsers.wedge_signatures import ADVICE, signatures


def _example(wording: str) -> str:
    """A line that holds a wording: its open places filled."""
    return re.sub(r"\\(.)", r"\1", wording.replace(r"\b", "").replace(".*", " 7 "))


def test_every_signature_knows_a_line_with_its_wording_and_names_its_card():
    for one in signatures():
        said = _example(one.wording.pattern)
        found = wedge.event_of(Line("messages", 1, f"Jan  1 00:00:00 srx fpc3 {said}"))
        assert found is not None, one.name
        assert found.fpc == 3
        assert found.advice in ADVICE.values()
        # another may stand above it only when its wording is contained
        assert found.signature == one.name or _named(found.signature).wording.search(said)


def _named(name: str):
    return next(one for one in signatures() if one.name == name)


def test_the_table_has_the_documented_drivers_and_areas():
    assert len({one.name for one in signatures()}) == len(signatures()) > 150
    assert {"lu", "xm", "toe", "host-loopback"} <= {one.driver for one in signatures()}
    assert {"wedge", "fabric", "control-path", "chip"} <= {one.area for one in signatures()}
    assert [one.area for one in signatures()[:4]] == ["wedge"] * 4


@pytest.mark.parametrize(
    "text",
    [
        "Jan  1 00:00:00 srx mgd[5]: UI_CMDLINE_READ_LINE: User 'lab', command 'show chassis fpc 3'",
        "Jan  1 00:00:00 srx XMCHIP(0): FI: Packet CRC error",  # no card is named
        "Jan  1 00:00:00 srx fpc3 all is well",
        "Jan  1 00:00:00 srx fpc3 XMCHIP(0): READY: Double-bit ECC errors 0",
    ],
)
def test_an_ordinary_line_is_no_wedge(text):
    assert wedge.event_of(Line("messages", 1, text)) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("No alarms currently active\n", "alarms"),
        ("<alarm-information><alarm-summary/></alarm-information>", "alarms"),
        ("FPC  Level Occurred Cleared Threshold Action-Taken Action\n", "chassis_errors"),
        ("<fpc-error-information/>", "chassis_errors"),
        ("SENT: Ukern command: show threads\n", "wedge"),
    ],
)
def test_the_kind_is_told_by_what_it_holds(text, kind):
    assert kind_of(Source.of_text(text)) == kind


@pytest.mark.parametrize("parser", [alarms, chassis_errors, wedge])
def test_an_answer_of_another_kind_is_an_error_and_not_an_empty_list(parser):
    with pytest.raises(ParseError):
        list(parser.parse(Source.of_text("error: permission denied: chassis\n")))


@pytest.mark.parametrize("parser", [alarms, chassis_errors])
def test_an_error_of_the_device_is_told(parser):
    text = "<rpc-reply><rpc-error><error-message>permission denied</error-message></rpc-error></rpc-reply>"
    with pytest.raises(ParseError) as caught:
        list(parser.parse(Source.of_text(text)))
    assert "permission denied" in caught.value.hint


def test_a_summary_of_one_card_names_its_slot():
    text = (
        "<alarm-information><alarm-summary><active-alarm-count>1</active-alarm-count>"
        "<active-fpc-slot>3</active-fpc-slot></alarm-summary></alarm-information>"
    )
    [found] = alarms.parse(Source.of_text(text))
    assert (found.fpc_slot, found.declared, found.is_whole) == (3, 1, False)


@given(st.text(max_size=300))
def test_anything_is_read_or_refused_and_never_crashes(text):
    for parser in (alarms, chassis_errors, wedge):
        try:
            for _ in parser.parse(Source.of_text(text)):
                pass
        except ParseError:
            pass


@pytest.mark.parametrize("word", ["fatal", "major", "minor"])
@pytest.mark.parametrize("spelling", ["occured", "occurred"])
def test_both_spellings_of_a_leaf_are_read(word, spelling):
    name = f"{word}-level-{spelling}"
    text = f"<fpc-error-information><fpc><slot>1</slot><{name}>7</{name}></fpc></fpc-error-information>"
    [card] = chassis_errors.parse(Source.of_text(text))
    assert [(str(one.severity), one.occurred) for one in card.levels] == [(word, 7)]


@pytest.mark.parametrize(
    ("printed", "action"),
    [
        ("RESET", Action.RESET),
        ("OFFLINE|", Action.OFFLINE),
        ("CM ALARM|", Action.ALARM),
        ("ALARM|", Action.ALARM),
        ("GET STATE|", Action.GET_STATE),
        ("LOG|", Action.LOG),
    ],
)
def test_each_documented_action_is_read_from_its_printed_word(printed, action):
    level = f"<major-level-action> {printed}</major-level-action>"
    text = f"<fpc-error-information><fpc><slot>1</slot>{level}</fpc></fpc-error-information>"
    [card] = chassis_errors.parse(Source.of_text(text))
    assert card.levels[0].actions == (action,)
