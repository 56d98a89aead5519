"""Reading playbooks: what is right is read, what is wrong is told with its place and its cure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.cli.workshop import step_kinds
from orchestrator.errors import InputError, PlaybookError
from orchestrator.model.flow import Endpoint
from orchestrator.model.verdict import Verdict
from orchestrator.playbook.load import MAX_BYTES, find, load
from orchestrator.playbook.playbook import Playbook

KINDS = {name: kind.Args for name, kind in step_kinds().items()}
SHIPPED = (
    "alg-ftp", "alg-rtsp", "drop-watch", "flow-capture", "health-snapshot",
    "intermittent", "ipsec-failover-drill", "packet-capture", "session-snapshot", "why",
)  # fmt: skip
HEAD = "name: x\nsteps:\n"
TRACE = HEAD + "  - flow_trace:\n      conversation: {source: 10.1.1.1, destination: 192.0.2.1}\n"
Read = Callable[..., Playbook]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a playbook from text or bytes."""

    def do(source: str | bytes, **values: str) -> Playbook:
        path = tmp_path / "book.yml"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return load(path, given=values, kinds=KINDS)

    return do


# Source, part of the message, part of the hint, line, column.
COMPLAINTS: list[tuple[str | bytes, str, str, int, int]] = [
    (HEAD + "  - wate: {for: 1s}\n", "there is no step wate", "did you mean wait?", 3, 5),
    (HEAD + "  - wait: {fro: 1s}\n", "fro: unknown key", "did you mean for?", 3, 12),
    (HEAD + "  - wait: {}\n", "for: is missing", "no default", 3, 5),
    (HEAD + "  - wait:\n", "for: is missing", "no default", 3, 5),
    (HEAD + "  - wait: [1]\n", "wait: is not a mapping", "key: value", 3, 5),
    (HEAD + "  - wait\n", "steps.0: is not a mapping", "key: value", 3, 5),
    (HEAD + "  - {}\n", "a step is one kind", "- kind: {...}", 3, 5),
    (HEAD + "  - wait: {for: 1s}\n    command: {run: show version}\n", "a step is one kind", "- kind:", 3, 5),
    (HEAD + "  - wait: {for: 1s}\n  - wait: {for: 1}\n", "for: a duration needs a unit", "how long to wait", 4, 12),
    (HEAD + "  - wait: {for: soon}\n", "not a duration: 'soon'", "how long to wait", 3, 12),
    (HEAD + f"  - wait: {{for: {'9' * 30}h}}\n", "longer than any clock runs", "how long to wait", 3, 12),
    ("name: x\nsteps: []\n", "steps: is empty", "at least one", 2, 1),
    ("name: x\nsteps:\n", "steps: is not a list", "behind a dash", 2, 1),
    ("name: x\nsteps: {wait: {for: 1s}}\n", "steps: is not a list", "behind a dash", 2, 1),
    ("name: x\n", "steps: is missing", "write it down", 1, 1),
    ("steps: [{wait: {for: 1s}}]\n", "name: is missing", "write it down", 1, 1),
    ("name: 5\nsteps: [{wait: {for: 1s}}]\n", "name: is not text", "quotes", 1, 1),
    ("name: A B\nsteps: [{wait: {for: 1s}}]\n", "name: a name is made of", "schema", 1, 1),
    ("- name: x\n", "a playbook is a mapping", "name: ...", 1, 1),
    ("", "a playbook is a mapping", "name: ...", 1, 1),
    ("name: x\nname: y\nsteps: []\n", 'duplicate key "name"', "every key stands once", 2, 1),
    (HEAD + "  - wait: {for: 1s, for: 2s}\n", 'duplicate key "for"', "every key stands once", 3, 21),
    ("name: x\n\tsteps: a\n", "is not YAML", "indentation", 2, 1),
    ("name: x\n---\nname: y\n", "is not YAML", "indentation", 2, 1),
    (b"name: x\n# caf\xe9\n", "is not UTF-8 text", "UTF-8", 2, 6),
    ("name: x\nnmae: y\nsteps: []\n", "nmae: unknown key", "did you mean name?", 2, 1),
    ("name: x\n<<: {a: 1}\nsteps: [{wait: {for: 1s}}]\n", "a: unknown key", "there are: about", 1, 1),
    ("name: x\nvars: {a: {tpe: text}}\nsteps: []\n", "vars.a.tpe: unknown key", "did you mean type?", 2, 12),
    ("name: x\nvars: {a: {type: prefx}}\nsteps: [{}]\n", "vars.a.type", "did you mean prefix?", 2, 12),
    ("name: x\nvars: {a-b: {}}\nsteps: [{}]\n", "not a name for a variable: 'a-b'", "schema", 2, 1),
    (
        "name: x\nvars:\n  a: {default: b}\n  p: {type: port, default: 0}\nsteps: [{}]\n",
        "variable p: not a port: '0'",
        "its type is port",
        4,
        3,
    ),
    ("name: x\nvars:\n  a: {default: b}\n  p: {type: port}\nsteps: [{}]\n", "needs a value for p", "-v p=...", 4, 3),
    ("name: x\nexpect: [{verdict: permited}]\nsteps: [{}]\n", "verdict", "did you mean permitted?", 2, 11),
    ("name: x\nlimits: {run: 5}\nsteps: [{}]\n", "needs a unit", "longest a run may take", 2, 10),
    (TRACE + "      file: {size: 1k}\n", "file.size: Input should be greater than or equal to 10240", "schema", 5, 14),
    (TRACE + "      file: {size: 2g}\n", "less than or equal to 1073741824", "schema", 5, 14),
    (TRACE + "      file: {size: ten}\n", "not a size: 'ten'", "schema", 5, 14),
    (TRACE + "      file: {files: 1}\n", "file.files: Input should be greater than or equal to 2", "schema", 5, 14),
    (TRACE + "      file: {sise: 10m}\n", "file.sise: unknown key", "did you mean size?", 5, 14),
    (TRACE + "      until: packets:0\n", "not a stop condition", "schema", 3, 5),
    (TRACE + "      for: 48h\n", "less than or equal to 1 day", "schema", 5, 7),
    (HEAD + "  - flow_trace: {filters: [{sorce: 10.1.1.1}]}\n", "sorce: unknown key", "did you mean source?", 3, 29),
    (HEAD + "  - flow_trace: {filters: [{protocol: tpc}]}\n", "not an IP protocol: 'tpc'", "schema", 3, 29),
    (HEAD + "  - flow_trace: {filters: [{source: 0.0.0.0/0}]}\n", "takes every packet", "schema", 3, 5),
    (HEAD + "  - session_table: {save: A B}\n", "save: String should match pattern", "schema", 3, 21),
    (HEAD + "  - command: {run: 'show route {{ q }}'}\n", "'q' is undefined", "there are: none", 3, 15),
    (HEAD + "  - command: {run: 'show route {{'}\n", "cannot be filled", "{{ name }}", 3, 15),
    (HEAD + "  - command: {run: request system reboot}\n", "not on the allow-list", "a show command", 3, 15),
]


@pytest.mark.parametrize(("source", "message", "hint", "line", "column"), COMPLAINTS)
def test_a_complaint_names_the_place_and_the_cure(
    read: Read, source: str, message: str, hint: str, line: int, column: int
) -> None:
    with pytest.raises(PlaybookError) as caught:
        read(source)
    error = caught.value
    assert message in error.message
    assert hint in error.hint
    assert (error.line, error.column) == (line, column)
    assert str(error).startswith(f"{error.path}:{line}:{column}: ")


def test_a_variable_that_the_playbook_does_not_have_is_refused(read: Read) -> None:
    with pytest.raises(PlaybookError, match="has no variable sorce") as caught:
        read("name: x\nvars: {source: {default: a}}\n" + HEAD[8:] + "  - wait: {for: 1s}\n", sorce="b")
    assert caught.value.hint == "did you mean source?"
    assert caught.value.line == 2


def test_a_playbook_beyond_all_measure_is_not_read(read: Read) -> None:
    with pytest.raises(PlaybookError, match="is larger than") as caught:
        read("#" * (MAX_BYTES + 1))
    assert caught.value.hint


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="cannot be read: Is a directory") as caught:
        load(tmp_path, given={}, kinds=KINDS)
    assert caught.value.hint


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ a.__init__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__cl' ~ 'ass__'] }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ lipsum() }}",
        "{% include '/etc/passwd' %}",
        "{% import '/etc/passwd' as p %}",
        "{{ 'a' * 999999999999 }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{% for i in range(10 ** 9) %}a{% endfor %}",
        "{{ 1 / 0 }}",
        "{{ a | nosuch }}",
    ],
)
def test_a_template_only_fills_in_values(read: Read, template: str) -> None:
    source = f'name: x\nvars: {{a: {{default: b}}}}\nsteps:\n  - command: {{run: "show route {template}"}}\n'
    with pytest.raises(PlaybookError) as caught:
        read(source)
    assert "allow-list" not in caught.value.message
    assert caught.value.line == 4


@pytest.mark.parametrize("word", ["\\n", "\\r", " | save /var/tmp/x", ";", "\\x00", "'", "`id`", "$(id)", "\\u2028"])
def test_a_template_cannot_begin_another_command(read: Read, word: str) -> None:
    with pytest.raises(PlaybookError, match="not on the allow-list"):
        read(HEAD + f"""  - command: {{run: "show route {{{{ \\"{word}\\" }}}}"}}\n""")


@pytest.mark.parametrize("value", ["a\nclear log messages", "a | save b", "a;b", 'a"b', "a'b", "a$b", "a`b", "x" * 257])
def test_a_text_variable_cannot_carry_a_second_command(read: Read, value: str) -> None:
    source = "name: x\nvars: {a: {type: text}}\nsteps:\n  - command: {run: 'show route {{ a }}'}\n"
    assert read(source, a="inet.0").steps[0].args.run == "show route inet.0"  # type: ignore[attr-defined]
    with pytest.raises(PlaybookError, match="variable a: not a plain text"):
        read(source, a=value)


@pytest.mark.parametrize("kind", ["session_table", "packet_drop", "system_log"])
@pytest.mark.parametrize("args", ["{save: one}", "{}"])
def test_two_steps_of_a_kind_under_one_name_are_refused(read: Read, kind: str, args: str) -> None:
    with pytest.raises(PlaybookError, match=f"{kind} on line 3 is kept under the same name") as caught:
        read(HEAD + f"  - {kind}: {args}\n  - wait: {{for: 1s}}\n  - {kind}: {args}\n")
    assert (caught.value.line, caught.value.column) == (5, 5)
    assert "save: NAME" in caught.value.hint


def test_the_same_command_twice_needs_two_names(read: Read) -> None:
    one, two = "  - command: {run: show version}\n", "  - command: {run: show chassis hardware}\n"
    assert len(read(HEAD + one + two).steps) == 2
    with pytest.raises(PlaybookError, match="command on line 3 is kept under the same name"):
        read(HEAD + one + two + one)
    assert len(read(HEAD + one + one.replace("}", ", save: again}")).steps) == 2


def test_steps_of_different_kinds_may_share_a_name(read: Read) -> None:
    assert len(read(HEAD + "  - session_table: {save: a}\n  - packet_drop: {save: a}\n").steps) == 2


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_playbook_runs_with_no_argument(name: str) -> None:
    book = load(find(name), given={}, kinds=KINDS)
    assert book.name == name
    assert book.about
    assert book.steps


def test_every_shipped_playbook_is_known_here() -> None:
    assert {path.stem for path in find("flow-capture").parent.glob("*.yml")} == set(SHIPPED)


@pytest.mark.parametrize("name", ["flow-capture", "flow-capture.yml", "playbooks/flow-capture.yml"])
def test_a_shipped_playbook_is_found_from_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find(name).name == "flow-capture.yml"


def test_a_playbook_that_does_not_exist_names_those_that_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no playbook") as caught:
        find("elsewhere/flow-capture")
    assert all(name in caught.value.hint for name in SHIPPED)


def test_a_file_of_ones_own_is_preferred_to_a_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow-capture.yml").write_text("")
    assert find("flow-capture.yml") == Path("flow-capture.yml")


def test_variables_reach_the_steps_as_values_of_their_type(read: Read) -> None:
    book = read(
        "name: x\nvars:\n  who: {type: prefix}\n  where: {type: endpoint}\n  how: {type: protocol, default: 6}\n"
        "  long: {type: duration, default: 90s}\n  big: {type: size, default: 64k}\n"
        "expect: [{verdict: denied}]\nsteps:\n  - flow_trace:\n"
        "      conversation: {source: '{{ who }}', destination: '{{ where }}', protocol: '{{ how }}'}\n"
        "      for: '{{ long }}'\n      file: {size: '{{ big }}'}\n",
        who="2001:db8::/64", where="[2001:db8:1::1]:443",
    )  # fmt: skip
    args: Any = book.steps[0].args
    assert args.conversation.source == Endpoint.parse("2001:db8::/64")
    assert args.conversation.destination == Endpoint.parse("[2001:db8:1::1]:443")
    assert args.conversation.protocol == 6
    assert args.for_ == timedelta(seconds=90)
    assert args.file.size == 65536
    assert book.values == {
        "who": "2001:db8::/64", "where": "[2001:db8:1::1]:443", "how": "tcp", "long": "1m30s", "big": "65536",
    }  # fmt: skip
    assert [one.verdict for one in book.expect] == [Verdict.DENIED]
    assert book.steps[0].line == 10


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        ("prefix", "192.0.2.8", "192.0.2.8"),
        ("prefix", " 192.0.2.0/24 ", "192.0.2.0/24"),
        ("prefix", "2001:0DB8::1", "2001:db8::1"),
        ("prefix", "192.0.2.8:443", None),
        ("prefix", "192.0.2.1/24", None),
        ("prefix", "192.0.2.256", None),
        ("prefix", "fe80::1%em0", None),
        ("endpoint", "192.0.2.8:443", "192.0.2.8:443"),
        ("endpoint", "[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("endpoint", "[2001:db8::1]", "2001:db8::1"),
        ("endpoint", "[2001:db8::1", None),
        ("endpoint", "192.0.2.8:65536", None),
        ("endpoint", "example.net:443", None),
        ("port", "65535", "65535"),
        ("port", "\u0661", None),
        ("port", "-1", None),
        ("protocol", "UDP", "udp"),
        ("protocol", "17", "udp"),
        ("protocol", "254", "254"),
        ("protocol", "256", None),
        ("duration", "90m", "1h30m"),
        ("duration", "1500ms", "1.5s"),
        ("duration", "0.00001s", "0.00001s"),
        ("duration", "90", None),
        ("duration", "1s1h", None),
        ("size", "10M", "10485760"),
        ("size", "1t", None),
        ("interface", "ge-0/0/0.0", "ge-0/0/0.0"),
        ("interface", "reth1", "reth1"),
        ("interface", "ge-0/0/0; id", None),
        ("text", "", ""),
        ("text", "caf\u00e9", None),
    ],
)
def test_a_value_is_checked_against_its_type(read: Read, kind: str, value: str, canonical: str | None) -> None:
    source = f"name: x\nvars: {{a: {{type: {kind}}}}}\nsteps: [{{wait: {{for: 1s}}}}]\n"
    if canonical is not None:
        assert read(source, a=value).values == {"a": canonical}
        return
    with pytest.raises(PlaybookError, match="variable a: not "):
        read(source, a=value)


def test_a_merge_key_is_understood(read: Read) -> None:
    book = read(HEAD + "  - wait: &w {for: 1s}\n  - wait: {<<: *w}\n")
    assert [step.args.for_.total_seconds() for step in book.steps] == [1, 1]  # type: ignore[attr-defined]


PIECES = [
    "name: x\n", "steps:\n", "  - ", "wait: ", "{for: 1s}", "{{ a }}", "{% ", "%}", "&a ", "*a", "<<: ",
    "vars: ", "[", "]", "{", "}", ": ", "\n", "    ", "? ", "!!python/name:os.system ", "!!timestamp ",
    "!!int ", "!!binary ", "2020-99-99", "---\n", "|\n", ">-\n", "~", "0x", "1e999", ".inf", "'", '"', "\\x",
    "#", "\t", "%YAML 1.1\n", "flow_trace: ", "conversation: ", "source: 10.1.1.1", ", ", "filters: ",
    "command: {run: show version}", "null: ", "expect: ", "limits: ", "1: ", "\ufeff", "\x85",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.lists(st.sampled_from(PIECES), max_size=20).map("".join), st.text(max_size=60), st.binary(max_size=60))
)
def test_no_text_makes_the_reader_crash(tmp_path_factory: pytest.TempPathFactory, source: str | bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass"))
    complaint = None
    try:
        load(path, given={}, kinds=KINDS)
    except PlaybookError as error:
        complaint = error
    assert complaint is None or (complaint.hint and complaint.line)
