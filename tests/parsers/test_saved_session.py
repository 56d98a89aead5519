"""Sessions with several commands."""

import pytest

from orchestrator.parsers.saved_session import Output, outputs
from orchestrator.parsers.source import Source


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 alarms currently active\n",
        "lab@fw> show chassis alarms\nNo alarms currently active\n",
        "<rpc-reply>\n<a>lab@fw&gt; show x</a>\n<b>lab@fw&gt; show y</b>\n</rpc-reply>\n",
        "In: 10.0.0.1/1 --> 10.0.0.2/2;tcp\nOut: 10.0.0.2/2 --> 10.0.0.1/1;tcp\n",
    ],
)
def test_what_holds_less_than_two_commands_is_one_source(text):
    source = Source.of_text(text)
    assert outputs(source) == [source]


def test_every_prompt_begins_an_output_and_lines_keep_their_numbers():
    text = (
        "notes above\n"
        "lab@fw> show chassis alarms\r\nNo alarms currently active\r\n"
        "{primary:node0}\n"
        "**fw> show system alarms**\n1 alarms currently active\n"
        "lab@fw# run show version\nJunos: x\n"
        "> show security alg status\nALG Status:\n"
    )
    found = outputs(Source.of_text(text, "f"))
    assert [part.command if isinstance(part, Output) else "" for part in found] == [
        "", "show chassis alarms", "show system alarms**", "show version", "show security alg status",
    ]  # fmt: skip
    assert [(line.number, line.text) for part in found for line in part.lines() if "show" not in line.text] == [
        (1, "notes above"),
        (3, "No alarms currently active"),
        (6, "1 alarms currently active"),
        (8, "Junos: x"),
        (10, "ALG Status:"),
    ]


def test_a_prompt_without_its_user_is_no_line_of_the_output():
    text = "edge-1> show chassis alarms\n> show chassis alarms\n1 alarms currently active\nedge-1>\n"
    assert [line.text for line in Source.of_text(text).lines()] == ["1 alarms currently active"]


def test_an_output_that_stands_behind_its_command_on_one_long_line_is_not_lost():
    text = "lab@fw> show chassis alarms 9 alarms currently active " + "Minor PEM 1 Absent " * 20
    assert [line.text for line in Source.of_text(text).lines()] == [text.rstrip()]
