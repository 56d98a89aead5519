"""Nothing of the documents is without a home."""

from __future__ import annotations

import table


def test_no_row_of_the_documents_has_a_hole() -> None:
    assert [hole for row in table.rows() for hole in row.holes()] == []


def test_every_request_is_sent_by_a_module_and_answered_by_the_lab() -> None:
    assert table.requests_without_a_home() == []


def test_the_document_is_as_the_code() -> None:
    assert table.DOCUMENT.read_text("utf-8") == table.document(table.rows()), "run: python tests/coverage/table.py"


def test_a_place_that_is_gone_is_a_hole() -> None:
    places = {"operation": ("driver.operations.nothing.here",), "step": ("n/a: no",), "parser": (), "lab": ("lab.box",),
              "test": ("tests/coverage/test_coverage.py::test_gone",)}  # fmt: skip
    holes = list(table.Row("x", 1, "", "command", "w", places).holes())
    assert [hole.partition(": ")[2] for hole in holes] == [
        "operation: there is no orchestrator.driver.operations.nothing.here",
        "step: no reason is given",
        "nothing under parser",
        "test: there is no test tests/coverage/test_coverage.py::test_gone",
    ]
