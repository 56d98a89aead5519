"""The page in a real browser: nothing is loaded, nothing runs, and everybody can read it."""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import HOSTILE, everywhere, frozen
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from orchestrator.reports import to_html
from orchestrator.reports.index import render_index

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with chromedriver on this machine")

LIGHT_AND_DARK = ("light", "dark")
AA = 4.5  # contrast that WCAG asks of text


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--no-first-run"):  # fmt: skip
        options.add_argument(word)
    # The driver is named: nothing is looked for, nothing is downloaded.
    os.environ["SE_OFFLINE"] = "true"
    driver = webdriver.Chrome(options=options, service=Service(executable_path=DRIVER))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def show(browser: webdriver.Chrome, tmp_path: Path) -> Any:
    """Shows a page at a width, in light or dark, on a screen or on paper."""

    def at(text: str, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> webdriver.Chrome:
        file = tmp_path / "report.html"
        file.write_text(text, "utf-8")
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        browser.get(file.as_uri())
        return browser

    return at


def pages() -> dict[str, str]:
    several = frozen("denied")
    several["devices"] += [*frozen("permitted")["devices"], *frozen("failed")["devices"]]
    return {
        "several": to_html.render(several),
        "hostile": to_html.render(everywhere(several, HOSTILE)),
        "one word": to_html.render(everywhere(several, "W" * 3000)),
        "index": render_index([frozen("denied"), frozen("permitted"), everywhere(frozen("failed"), HOSTILE)]),
    }


PAGES = pages()


def unfold(browser: webdriver.Chrome) -> None:
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")


def luminance(colour: str) -> float:
    parts = [int(one) / 255 for one in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_said_on_the_console_and_nothing_is_asked_of_a_network(show: Any, name: str) -> None:
    browser = show(PAGES[name])
    unfold(browser)
    assert browser.get_log("browser") == []
    asked = re.findall(r'"method":"Network\.requestWillBeSent".*?"url":"([^"]*)', str(
        [one["message"] for one in browser.get_log("performance")]
    ))  # fmt: skip
    assert {one.partition(":")[0] for one in asked} <= {"file", "data"}
    assert len([one for one in asked if one.startswith("file:")]) == 1
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_hostile_text_does_not_run(show: Any) -> None:
    browser = show(PAGES["hostile"])
    assert browser.execute_script("return window.owned") is None
    assert browser.find_elements(By.CSS_SELECTOR, "script, img") == []


@pytest.mark.parametrize(
    "injected",
    [
        "<script>window.owned = 1</script>",
        "<img src=x onerror='window.owned = 1'>",
        "<svg onload='window.owned = 1'></svg>",
        "<link rel=stylesheet href='https://evil.example/x.css'>",
        "<iframe src='https://evil.example/'></iframe>",
        "<p style='background: url(https://evil.example/x)'>",
    ],
)
def test_even_markup_that_got_through_would_be_stopped_by_the_policy(show: Any, injected: str) -> None:
    text = PAGES["several"]
    assert text.count("<main ") == 1
    browser = show(text.replace("<main ", f"{injected}<main ", 1))
    assert browser.execute_script("return window.owned") is None
    said = [one["message"] for one in browser.get_log("browser")]
    assert any("Content Security Policy" in one for one in said), said
    assert browser.execute_script("return getComputedStyle(document.querySelector('.card')).borderRadius") == "12px"


@pytest.mark.parametrize(
    ("name", "width"), [*((name, 320) for name in PAGES), ("several", 390), ("one word", 768), ("hostile", 1280)]
)
def test_no_page_scrolls_sideways(show: Any, name: str, width: int) -> None:
    browser = show(PAGES[name], width=width)
    unfold(browser)
    root = "document.documentElement"
    assert browser.execute_script(f"return {root}.scrollWidth - {root}.clientWidth") == 0


def test_without_the_policy_the_same_markup_would_run(show: Any) -> None:
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", PAGES["several"])
    browser = show(text.replace("<main ", "<script>window.owned = 1</script><main ", 1))
    assert browser.execute_script("return window.owned") == 1


@pytest.mark.parametrize("width", [320, 1280])
def test_one_drawing_of_each_pair_is_shown_and_its_text_can_be_read(show: Any, width: int) -> None:
    browser = show(PAGES["several"], width=width)
    unfold(browser)
    shown = "return [...document.querySelectorAll('svg.ladder.%s')].filter(one => one.checkVisibility()).length"
    wide, narrow = (browser.execute_script(shown % name) for name in ("wide", "narrow"))
    assert (wide == 0, narrow == 0) == (width < 700, width > 700)
    smallest = browser.execute_script(
        "return Math.min(...[...document.querySelectorAll('svg.drawing')].filter(one => one.checkVisibility())"
        ".map(one => 12 * one.getBoundingClientRect().width / one.viewBox.baseVal.width))"
    )
    assert smallest >= 9


def test_no_words_of_a_ladder_leave_the_drawing(show: Any) -> None:
    for width in (320, 1280):
        browser = show(PAGES["several"], width=width)
        unfold(browser)
        outside = browser.execute_script(
            "return [...document.querySelectorAll('svg.drawing')].filter(one => one.checkVisibility()).flatMap(one =>"
            "[...one.querySelectorAll('text')].filter(text => {const a = one.getBoundingClientRect(),"
            "b = text.getBoundingClientRect(); return b.left < a.left - 2 || b.right > a.right + 2})"
            ".map(text => text.textContent))"
        )
        assert outside == []


def test_dark_and_light_differ_and_both_have_contrast_enough(show: Any) -> None:
    grounds = {}
    for scheme in LIGHT_AND_DARK:
        browser = show(PAGES["several"], scheme=scheme)
        unfold(browser)
        grounds[scheme] = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        pairs = browser.execute_script(
            "const ground = one => {for (let at = one; at; at = at.parentElement) {"
            "const c = getComputedStyle(at).backgroundColor; if (!c.startsWith('rgba(0, 0, 0, 0')) return c}};"
            "return [...document.querySelectorAll('body *:not(title, desc)')]"
            ".filter(one => [...one.childNodes].some(each => each.nodeType === 3 && each.data.trim()))"
            ".map(one => {const own = getComputedStyle(one); return ["
            "one instanceof SVGElement ? own.fill : own.color, ground(one), one.textContent.slice(0, 30)]})"
        )
        poor = {(round(contrast(text, under), 1), said) for text, under, said in pairs if contrast(text, under) < AA}
        assert poor == set()
        assert len(pairs) > 100
    assert luminance(grounds["dark"]) < 0.05 < 0.8 < luminance(grounds["light"])


def test_details_open_with_the_keyboard_alone(show: Any) -> None:
    browser = show(PAGES["several"])
    details = browser.find_element(By.CSS_SELECTOR, ".finding details")
    line = details.find_element(By.CSS_SELECTOR, ".raw code")
    assert not line.is_displayed()
    for _ in range(80):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.execute_script("return document.activeElement.parentElement === arguments[0]", details):
            break
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert line.is_displayed()
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_first_stop_of_the_keyboard_leads_to_the_content(show: Any) -> None:
    browser = show(PAGES["several"])
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.get_attribute("href").endswith("#main")
    assert first.location["x"] >= 0


def test_a_screen_reader_is_told_landmarks_headings_tables_and_drawings(show: Any) -> None:
    for width in (320, 1280):
        browser = show(PAGES["several"], width=width)
        unfold(browser)
        tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        seen = [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in tree if not one["ignored"]]
        roles = {role for role, _ in seen}
        assert {"main", "banner", "contentinfo", "navigation", "table", "row", "cell", "columnheader"} <= roles
        images = [name for role, name in seen if role in {"image", "img"}]
        assert images
        assert all(images)
        assert any(name.startswith("Packets of 10.1.1.10/52001") and "dropped" in name for name in images)
        assert [name for role, name in seen if role in {"link", "heading", "DisclosureTriangle"} and not name] == []


def test_paper_shows_every_line_in_black_on_white(show: Any) -> None:
    browser = show(PAGES["several"], width=794, scheme="dark", media="print")
    colours = browser.execute_script(
        "const own = getComputedStyle(document.body); return [own.color, own.backgroundColor]"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    hidden = browser.execute_script(
        "return [...document.querySelectorAll('.raw code')].filter(one => !one.getBoundingClientRect().height"
        " || !one.checkVisibility({contentVisibilityAuto: true})).length"
    )
    assert hidden == 0
    paper = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
    assert paper.startswith(b"%PDF")
    assert browser.get_log("browser") == []


def test_every_link_inside_the_page_leads_somewhere(show: Any) -> None:
    browser = show(PAGES["several"])
    lost = browser.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].filter(one => !document.querySelector("
        "one.getAttribute('href'))).length"
    )
    assert lost == 0
