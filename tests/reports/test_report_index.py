"""The page over many runs."""

from __future__ import annotations

from lxml import html
from samples import HOSTILE, everywhere, frozen

from orchestrator.reports import to_html
from orchestrator.reports.index import render_index


def rows(text: str) -> list[html.HtmlElement]:
    return list(html.fromstring(text).xpath("//tbody/tr"))


def test_the_newest_run_comes_first_and_links_to_its_report() -> None:
    found = rows(render_index([frozen("denied"), frozen("permitted")]))
    assert [one.xpath("string(.//a/@href)") for one in found] == [
        f"./{frozen(name)['run_id']}/report.html" for name in ("permitted", "denied")
    ]
    assert "permitted by policy trust-to-untrust" in found[0].text_content()


def test_answers_are_counted() -> None:
    page = html.fromstring(render_index([frozen("denied"), frozen("denied"), frozen("failed")]))
    said = " ".join(page.xpath("//main/section[1]")[0].text_content().split())
    assert said == "3 runs 2 denied 1 failed"


def test_a_run_without_a_verdict_shows_its_status_and_error() -> None:
    text = " ".join(rows(render_index([frozen("failed")]))[0].text_content().split())
    assert "failed" in text
    assert "no route to 192.0.2.9" in text


def test_a_run_that_owes_says_so() -> None:
    result = frozen("denied")
    result["devices"][0]["obligations_open"] = 1
    assert "owed" in rows(render_index([result]))[0].text_content()


def test_no_runs_is_a_page_too() -> None:
    assert "There are no runs yet." in render_index([])


def test_hostile_text_leads_nowhere_and_is_no_markup() -> None:
    page = html.fromstring(render_index([everywhere(frozen("denied"), HOSTILE) | {"run_id": "../../x\x00//evil"}]))
    assert page.xpath("//script | //img") == []
    assert page.xpath("//tbody//a/@href") == ["./..%2F..%2Fx%EF%BF%BD%2F%2Fevil/report.html"]


def test_a_damaged_result_does_not_spoil_the_page() -> None:
    assert len(rows(render_index([{}, {"run_id": "R", "devices": None}, frozen("denied")]))) == 3


def test_a_run_that_is_not_as_expected_is_not_green() -> None:
    result = frozen("permitted")
    device = result["devices"][0]
    device |= {"verdict": None, "sentence": "", "conversations": []}
    result["verdict"] = None
    device["expectations"] = [{"name": "alg findings is 0", "passed": False, "message": "1 found: no data flow"}]
    for text in (render_index([result]), to_html.render(result)):
        assert "not as expected: 1 found: no data flow" in html.fromstring(text).text_content()
    hero = html.fromstring(to_html.render(result)).xpath("//section[starts-with(@class, 'hero')]")[0]
    assert hero.get("class") == "hero bad"
    device["expectations"][0]["passed"] = True
    hero = html.fromstring(to_html.render(result)).xpath("//section[starts-with(@class, 'hero')]")[0]
    assert (hero.get("class"), "as expected" in hero.text_content()) == ("hero good", True)
    device["expectations"], device["findings"] = [], [{"symptom": "major alarm", "saw": "", "lines": []}]
    assert "found: major alarm" in html.fromstring(render_index([result])).text_content()
