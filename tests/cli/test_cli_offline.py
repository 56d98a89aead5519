"""Verbs that meet no device."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.parsers.kinds import KINDS

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
# An empty "jnpr" is in every process of the environment: its namespace is made by a .pth file.
HEAVY = ("jnpr.junos", "ncclient", "paramiko", "asyncssh", "lxml", "nornir")
VERBS = ("run", "plan", "show", "fetch", "clear", "recover", "leases", "runs", "parse", "schema", "inventory", "lab")
Orchestrator = Callable[..., "subprocess.CompletedProcess[str]"]
LOADED = """
import sys
from orchestrator.cli import main
sys.argv = ["orchestrator", *sys.argv[1:]]
try:
    main()
except SystemExit:
    print(" ".join(sys.modules))
"""


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["show", "sessions", "--help"], ["--version"]])
def test_help_loads_nothing_that_talks_to_devices(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "typer" in loaded
    assert not set(HEAVY) & set(loaded)


def test_help_names_every_verb(orchestrator: Orchestrator) -> None:
    done = orchestrator("--help")
    assert done.returncode == 0
    assert all(f"\n  {verb} " in done.stdout for verb in VERBS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Usage"),
        (["run"], "Missing argument"),
        (["nosuch"], "No such command"),
        (["run", "x", "--nosuch"], "No such option"),
        (["run", "x", "--format", "xml"], "Invalid value"),
        (["show", "log", "fw", "messages", "-n", "0"], "Invalid value"),
        (["run", "nosuch", "--lab"], "there is no playbook nosuch"),
        (["run", "flow-capture", "--lab", "-v", "source"], "not a variable"),
        (["run", "flow-capture", "--lab", "-v", "sorce=10.1.1.1"], "did you mean source?"),
        (["run", "flow-capture", "--lab", "-d", "fw"], "--lab brings its own device"),
        (["run", "flow-capture", "-d", "fw"], "there is no inventory here"),
        (["show", "sessions", "fw"], "inventory example --into"),
        (["clear", "sessions", "fw"], "no filter was given"),
        (["clear", "sessions", "fw", "--source", "0.0.0.0/0"], "no filter was given"),
        (["clear", "sessions", "fw", "--source", "10.1.1.1", "--filter", "tunel"], "did you mean tunnel?"),
        (["show", "sessions", "fw", "--source", "10.1.1"], "not an address"),
        (["show", "sessions", "fw", "--protocol", "tpc"], "not an IP protocol"),
        (["fetch", "fw", "/etc/passwd"], "error: "),
        (["recover"], "which device?"),
        (["runs", "show", "last"], "there is no run"),
        (["runs", "stop", "nosuch"], "there is no run"),
        (["lab", "inspect", "/nowhere.sock"], "no lab device answers"),
        (["lab", "up", "--persona", "nosuch"], "error: "),
        (["schema", "--runs-dir", "x"], "No such option"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(orchestrator: Orchestrator, words: list[str], said: str) -> None:
    done = orchestrator(*words)
    assert done.returncode == 2
    assert said in done.stderr + (done.stdout if not words else "")
    assert not done.stdout or not words
    assert "Traceback" not in done.stderr
    assert "mistake in this program" not in done.stderr


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_saved_output_becomes_one_object_a_line(orchestrator: Orchestrator, kind: str) -> None:
    files = sorted(path for path in (DATA / kind).glob("*/input.*") if path.stat().st_size)
    done = orchestrator("parse", kind, *files)
    assert done.returncode == 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records
    assert "not recognised" in done.stderr.splitlines()[-1]
    as_list = orchestrator("parse", kind, *files, "--format", "json")
    assert json.loads(as_list.stdout) == records


def test_lines_that_were_not_recognised_are_counted_and_shown(orchestrator: Orchestrator, tmp_path: Path) -> None:
    file = tmp_path / "table.txt"
    file.write_text("Session ID: 7, Policy name: a/1, Timeout: 2, Valid\nwhat is this\x1b[2J\n")
    done = orchestrator("parse", "session_table", file)
    assert json.loads(done.stdout)["session_id"] == 7
    assert f"{file}:2: not recognised: what is this" in done.stderr
    assert "1 not recognised" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"system_log"}))
def test_input_of_another_kind_ends_with_2_and_its_reason(
    orchestrator: Orchestrator, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague\n")
    done = orchestrator("parse", kind, file)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{file}:1: nothing here is" in done.stderr
    assert "hint: it begins with: 'Dear colleague'" in done.stderr


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_file_holds_nothing_and_that_is_no_error(
    orchestrator: Orchestrator, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "empty").touch()
    done = orchestrator("parse", kind, "empty")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 not recognised\n")


def test_a_gzip_file_is_read_as_it_is(orchestrator: Orchestrator, tmp_path: Path) -> None:
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"Session ID: 7, Policy name: a/1, Timeout: 2, Valid\n"))
    assert json.loads(orchestrator("parse", "session_table", "t.gz").stdout)["session_id"] == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [(["sesion_table", "x"], "did you mean session_table?"), (["session_table", "nosuch"], "there is no such file")],
)
def test_what_cannot_be_parsed_is_told(orchestrator: Orchestrator, words: list[str], said: str) -> None:
    done = orchestrator("parse", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_reader_that_goes_away_sees_no_traceback(orchestrator: Orchestrator, tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text("Session ID: 7, Policy name: a/1, Timeout: 2, Valid\n" * 5000)
    shell = f"{sys.executable} -m orchestrator parse session_table {table} | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stdout)["session_id"] == 7
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_the_schema_is_json(orchestrator: Orchestrator) -> None:
    done = orchestrator("schema")
    assert done.returncode == 0
    assert json.loads(done.stdout)["title"] == "orchestrator playbook"


def test_a_plan_tells_each_command_its_undo_and_the_permissions(orchestrator: Orchestrator, state: Path) -> None:
    done = orchestrator("plan", "flow-capture", "-v", "destination=192.0.2.99:8443")
    assert done.returncode == 0
    assert "destination = 192.0.2.99:8443" in done.stdout
    assert "monitor security flow start" in done.stdout
    assert "undo: monitor security flow stop" in done.stdout
    assert "undo: clear monitor security flow filter orc-RUNID-TTL-fwd" in done.stdout
    assert "permissions: clear, trace, view" in done.stdout.splitlines()
    assert not state.exists()
    plan = json.loads(orchestrator("plan", "flow-capture", "--format", "json").stdout)
    assert [one["kind"] for one in plan["steps"]].count("flow_trace") == 1


BAD = 'name: x\nsteps:\n  - command: {run: "show version\\nrequest system reboot"}\n'


def test_a_bad_playbook_is_refused_before_anything_is_made(
    orchestrator: Orchestrator, tmp_path: Path, state: Path
) -> None:
    (tmp_path / "bad.yml").write_text(BAD)
    for words in (["--lab"], ["-d", "fw", "--detach"]):
        done = orchestrator("run", "bad.yml", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "bad.yml:3:15: run: this command is not on the allow-list" in done.stderr
        assert not state.exists()


def test_the_example_inventory_is_written_once(orchestrator: Orchestrator, tmp_path: Path) -> None:
    done = orchestrator("inventory", "example", "--into", "mine")
    assert (done.returncode, done.stdout) == (0, "")
    listed = orchestrator("inventory", "list", "-i", "mine", "--format", "json")
    assert "edge-fw1" in [one["name"] for one in json.loads(listed.stdout)]
    (tmp_path / "mine" / "hosts.yaml").write_text("mine: {}\n")
    again = orchestrator("inventory", "example", "--into", "mine")
    assert again.returncode == 2
    assert "would be overwritten" in again.stderr
    assert (tmp_path / "mine" / "hosts.yaml").read_text() == "mine: {}\n"


def test_the_inventory_is_listed_for_people_and_for_programs(orchestrator: Orchestrator) -> None:
    done = orchestrator("inventory", "list", "site=north", "-i", ROOT / "inventory")
    assert done.stdout.splitlines()[0].split() == ["DEVICE", "ADDRESS", "USER", "GROUPS", "HOST", "KEY"]
    assert "[2001:db8:7::1]:22" in done.stdout
    lines = orchestrator("inventory", "list", "-i", ROOT / "inventory", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["branch-fw1", "edge-fw1", "edge-fw2", "lab-fw1"]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["run", "session-snapshot", "--lab", "--runs-dir", "/proc/nowhere"], "/proc/nowhere"),
        (["leases"], "/proc/state"),
        (["runs", "list"], "/proc/state"),
    ],
)
def test_a_place_that_cannot_be_written_is_no_mistake_of_the_program(
    orchestrator: Orchestrator, words: list[str], place: str
) -> None:
    done = orchestrator(*words, env={"ORCHESTRATOR_STATE": "/proc/state"} if "state" in place else {})
    assert (done.returncode, done.stdout) == (2, "")
    assert place in done.stderr
    assert "mistake in this program" not in done.stderr


SESSION = """lab@fw> show security ike security-associations
Index   State  Initiator cookie  Responder cookie  Mode           Remote Address
41      UP     00112233445566aa  bbccddeeff001122  IKEv2          198.51.100.9

lab@fw> show version | match Junos:
Junos: 24.4R1.9

lab@fw> show security ipsec security-associations
  Total active tunnels: 1     Total Ipsec sas: 1
  ID    Algorithm       SPI      Life:sec/kb  Mon lsys Port  Gateway
  <131073 ESP:aes-cbc-256/sha256 0a17e9a0 3599/ unlim - root 500 198.51.100.9
  >131073 ESP:aes-cbc-256/sha256 0ec5927a 3599/ unlim - root 500 198.51.100.9
a line of no tunnel
"""


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        ("ike_sa", 3, ["0 not recognised of 2 lines", "6 lines are of other commands: show version"]),
        ("ipsec_sa", 12, ["13: not recognised: a line of no tunnel", "1 not recognised of 5 lines", "3 lines are of"]),
    ],
)
def test_a_saved_session_is_read_command_by_command(
    orchestrator: Orchestrator, tmp_path: Path, kind: str, line: int, said: list[str]
) -> None:
    session = tmp_path / "session.txt"
    session.write_text(SESSION)
    done = orchestrator("parse", kind, str(session))
    assert done.returncode == 0
    (record,) = (json.loads(each) for each in done.stdout.splitlines())
    assert (record["directions"][1] if "directions" in record else record)["line"]["number"] == line
    assert all(each in done.stderr for each in said), done.stderr


def test_a_saved_session_without_the_command_is_refused(orchestrator: Orchestrator, tmp_path: Path) -> None:
    session = tmp_path / "session.txt"
    session.write_text(SESSION)
    done = orchestrator("parse", "alarms", str(session))
    assert done.returncode == 2
    assert "nothing here is a list of alarms" in done.stderr
