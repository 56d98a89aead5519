"""The on-call one-liner, and what is left of it for the next morning."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml
from place import Site, start_site

StartSite = Callable[..., Site]
DENIED = ("10.1.1.11", "192.0.2.25:25")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int, dict[str, Any]]]:
    """One question about a conversation that a policy denies."""
    with start_site(tmp_path_factory.mktemp("why")) as start:
        place: Site = start(scenario="symptoms")
        code, out, err = place.run("why", place.device.name, *DENIED, "--for", "20s", "--until", "first-drop",
                                   "-i", str(place.inventory), "--format", "json")  # fmt: skip
        assert out, err
        yield place, code, json.loads(out)


def _artifacts(result: dict[str, Any], *, but: tuple[str, ...] = ("messages",)) -> list[str]:
    found = result["devices"][0]["artifacts"]
    return [one["path"] for one in found if not one["name"].endswith(but)]


def test_it_names_the_policy_with_proof_from_every_source(asked: tuple[Site, int, dict[str, Any]]) -> None:
    place, code, result = asked
    (device,) = result["devices"]
    assert (code, device["verdict"], device["certainty"], device["stopped_by"]) == (1, "denied", "certain", "condition")
    main = device["findings"][0]
    assert main["symptom"] == "denied by policy"
    assert main["sources"] == ["flow trace", "packet-drop records", "RT_FLOW"]
    assert {one["name"]: one["state"] for one in device["sources"]} == {
        "flow trace": "read", "packet-drop records": "read", "RT_FLOW": "read", "session table before": "empty",
        "session table after": "empty",
    }  # fmt: skip
    place.assert_clean()


def test_the_result_tells_exactly_what_was_sent(asked: tuple[Site, int, dict[str, Any]]) -> None:
    place, _, result = asked
    told = [one["text"] for one in result["devices"][0]["commands"]]
    heard = [entry["text"] for entry in place.device.inspect()["wire_log"]]
    assert len(told) > 15
    for text in ("monitor security flow start", "get-packet-drop-records-all", "scp -f"):
        assert any(text in one for one in told), text
    changes = [one for one in heard if "monitor" in one and "show" not in one and "get-" not in one]
    assert len(changes) == len([one for one in told if "monitor" in one and "show" not in one and "get-" not in one])


def test_it_stops_within_a_second_of_what_it_waits_for(asked: tuple[Site, int, dict[str, Any]]) -> None:
    _, _, result = asked
    trace = next(one for one in result["devices"][0]["steps"] if one["kind"] == "flow_trace")
    assert trace["seconds"] < 12  # of the twenty it might have taken; the symptom comes every two


def test_the_files_alone_give_the_same_answer(asked: tuple[Site, int, dict[str, Any]]) -> None:
    place, _, result = asked
    ends = ("-s", DENIED[0], "-d", DENIED[1])
    code, out, err = place.run("explain", *_artifacts(result), *ends, "--format", "json")
    told = json.loads(out)
    assert (code, told["verdict"], told["certainty"]) == (1, "denied", "certain"), err
    code, out, _ = place.run("explain", *_artifacts(result), *ends)
    assert out.startswith("DENIED: 10.1.1.11/")
    assert len(out.splitlines()) <= 15
    code, out, _ = place.run("explain", *_artifacts(result), *ends, "--format", "html")
    assert out.lstrip().lower().startswith("<!doctype html>")


def test_a_file_that_does_not_cover_a_conversation_proves_nothing_of_it(
    asked: tuple[Site, int, dict[str, Any]],
) -> None:
    place, _, result = asked
    code, out, _ = place.run("explain", *_artifacts(result), "-s", "10.77.0.1")
    assert (code, out.startswith("INCONCLUSIVE")) == (1, True)


@pytest.mark.parametrize("text", ["", "hello\n", "<html>"])
def test_what_is_no_evidence_is_refused(site: StartSite, tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.txt"
    path.write_text(text)
    code, out, err = site().run("explain", str(path))
    assert (code, out) == (2, "")
    assert "some.txt" in err
    assert "Traceback" not in err


def test_one_changed_bit_of_any_file_is_found(asked: tuple[Site, int, dict[str, Any]]) -> None:
    place, _, result = asked
    folder = Path(result["directory"])
    assert place.run("runs", "verify", "last")[0] == 0
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in {"owner", "pinned"}]
    assert len(files) > 8
    for path in files:
        data = path.read_bytes()
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        code, out, _ = place.run("runs", "verify", "last")
        path.write_bytes(data)
        assert code == 1, path
        assert path.name in out or "manifest" in path.name, (path, out)
    (folder / "added").write_text("")
    assert "added was added" in place.run("runs", "verify", "last")[1]
    (folder / "added").unlink()
    assert place.run("runs", "verify", "last")[0] == 0


def test_a_report_is_written_again_and_for_a_ci(asked: tuple[Site, int, dict[str, Any]], tmp_path: Path) -> None:
    place, _, result = asked
    code, out, err = place.run("runs", "report", "last", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == result
    (tmp_path / "junit.xml").write_text(place.run("runs", "report", "last", "--format", "junit")[1])
    (suite,) = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (suite.tests, suite.failures) == (1, 1)
    assert place.run("runs", "report", "last", "--format", "annotations")[1].startswith(
        "::error title=srx1%3A denied::"
    )
    index = tmp_path / "index.html"
    assert place.run("runs", "report", "--index", str(index))[0] == 0
    assert f"{result['run_id']}/report.html" in index.read_text()


def test_a_bundle_for_a_vendor_names_nobody_and_gives_the_same_verdict(
    asked: tuple[Site, int, dict[str, Any]], tmp_path: Path
) -> None:
    place, _, _ = asked
    bundle = tmp_path / "case.zip"
    assert place.run("runs", "report", "last", "--share", str(bundle))[0] == 0
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "case")
    texts = [path.read_text(errors="replace") for path in (tmp_path / "case").rglob("*") if path.is_file()]
    for secret in ("10.1.1.11", "192.0.2.25", "srx1", str(place.state)):
        assert not any(secret in text for text in texts), secret
    key = json.loads((tmp_path / "case.key.json").read_text())
    stands_for = {real: shown for shown, real in key.items()}
    files = [str(path) for path in (tmp_path / "case").rglob("*") if path.suffix not in {".json", ".html"}
             and path.name != "messages" and path.is_file()]  # fmt: skip
    code, out, err = place.run("explain", *files, "-s", stands_for["10.1.1.11"], "--format", "json")
    assert (code, json.loads(out)["verdict"]) == (1, "denied"), err


EXPECT = """
name: expectations
steps:
  - policy_configuration: {}
  - session_table: {save: before, source: 10.1.1.10}
  - flow_trace:
      conversation: {source: 10.1.1.10, destination: "192.0.2.80:443"}
      for: 4s
  - session_table: {save: after, source: 10.1.1.10}
  - system_log: {since: run}
expect:
  - {verdict: permitted, policy: trust-to-untrust, from_zone: trust, to_zone: untrust, source_nat: 192.0.2.1}
  - {destination_nat: none, drops: 0, sessions: ">=1", close_reason: TCP FIN, unchanged: [policy, nat, route]}
"""
WRONG = """
  - {verdict: denied}
  - {policy: other}
  - {source_nat: none}
  - {sessions: 0}
  - {drops: ">0"}
  - {close_reason: aged out}
"""


def test_everything_expected_is_a_check_of_its_own(site: StartSite, tmp_path: Path) -> None:
    place = site()
    book = tmp_path / "book.yml"
    book.write_text(EXPECT)
    code, result, err = place.playbook(name=str(book))
    checks = result["devices"][0]["expectations"]
    assert [one["name"] for one in checks if not one["passed"]] == [], err
    assert (code, len(checks)) == (0, 10)


def test_what_does_not_hold_fails_the_run_with_the_evidence(site: StartSite, tmp_path: Path) -> None:
    place = site()
    book = tmp_path / "book.yml"
    book.write_text(EXPECT.partition("expect:")[0] + "expect:" + WRONG)
    code, result, _ = place.playbook(name=str(book))
    checks = result["devices"][0]["expectations"]
    assert (code, [one["passed"] for one in checks]) == (1, [False] * 6)
    (suite,) = JUnitXml.fromfile(str(Path(result["directory"]) / "junit.xml"))
    assert (suite.tests, suite.failures) == (6, 6)
    assert all(one.result[0].message for one in suite)
