"""The contract of the result document. The kept results must validate for ever."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from samples import RESULTS, frozen

from orchestrator.reports.schema import result_schema

SCHEMA = result_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
KEPT = sorted(path.stem for path in RESULTS.glob("*.json"))

# What format 1 promised when it was first published. This list only grows; a new format gets a new list.
PROMISED = {
    "": "format run_id status verdict exit_code playbook started ended by directory devices",
    "device": "device status verdict certainty sentence findings missing artifacts commit_id_before commit_id_after "
    "commit_source obligations_open stopped_by residue notes steps facts error",
    "artifact": "path name origin kind method size sha256 device_checksum",
    "finding": "symptom saw why next lines",
    "line": "file number text",
    "error": "kind message hint",
}


def test_the_schema_itself_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"]["const"] == 1


def test_some_results_are_kept() -> None:
    assert {"denied", "permitted", "failed", "denied-first-release"} <= set(KEPT)


@pytest.mark.parametrize("name", KEPT)
def test_every_kept_result_validates(name: str) -> None:
    VALIDATOR.validate(frozen(name))


def test_real_results_validate_and_have_no_key_that_the_schema_does_not_know(
    real_results: dict[str, dict[str, Any]],
) -> None:
    for result in real_results.values():
        VALIDATOR.validate(result)
        assert set(result) <= set(SCHEMA["properties"])
        for device in result["devices"]:
            assert set(device) <= set(SCHEMA["$defs"]["device"]["properties"])


@pytest.mark.parametrize("where", PROMISED)
def test_no_promised_key_is_ever_taken_back(where: str) -> None:
    part = SCHEMA["$defs"][where] if where else SCHEMA
    assert set(PROMISED[where].split()) <= set(part["required"])


def _without_one_key(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in SCHEMA["required"]:
        yield key, {name: value for name, value in document.items() if name != key}
    for place in ("device", "artifact", "finding", "step"):
        for key in SCHEMA["$defs"][place]["required"]:
            changed = copy.deepcopy(document)
            device = changed["devices"][0]
            holder = device if place == "device" else device[f"{place}s"][0]
            del holder[key]
            yield f"{place}.{key}", changed


def test_a_result_that_lacks_any_required_key_is_refused() -> None:
    accepted = [key for key, changed in _without_one_key(frozen("denied")) if VALIDATOR.is_valid(changed)]
    assert accepted == []


def test_keys_may_be_added_everywhere() -> None:
    result = frozen("denied") | {"new": 1}
    result["devices"][0] |= {"new": []}
    result["devices"][0]["conversations"][0]["packets"][0]["new"] = None
    VALIDATOR.validate(result)


@pytest.mark.parametrize(
    ("key", "value"), [("status", "fine"), ("verdict", "maybe"), ("exit_code", 4), ("format", 2), ("devices", {})]
)
def test_values_outside_the_contract_are_refused(key: str, value: object) -> None:
    assert not VALIDATOR.is_valid(frozen("denied") | {key: value})
