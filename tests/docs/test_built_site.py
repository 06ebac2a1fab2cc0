"""The site that `make docs` built, in a browser: nothing overflows, all is legible, the search finds."""

from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[2] / "build" / "site"
PAGES = (
    "index.html",
    "404.html",
    "guides/index.html",
    "guides/templates.html",
    "how-to/convert-laboratory-files.html",
    "auto_gallery/index.html",
    "auto_gallery/03_curves/cyclogram.html",
    "api/generated/locomotion_analysis.LocomotionData.html",
    "project/glossary.html",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="`make docs` was not run"),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_and_legible(page, overflowing):
    assert overflowing(SITE / page) == {}


@pytest.mark.parametrize("words", ["knee", "sampling frequency"])
def test_the_search_finds_what_tells_how_first(browser, words):
    opened = browser.new_page()
    opened.goto(f"{(SITE / 'search.html').as_uri()}?q={words}")
    opened.wait_for_selector("#search-results li a")
    first = opened.locator("#search-results li a").first.get_attribute("href")
    assert first.split("/")[0] in {"how-to", "guides", "auto_gallery", "project"}
    opened.close()


def test_a_keyboard_reaches_the_text_first_and_the_menu_next(browser):
    opened = browser.new_page()
    opened.goto((SITE / "guides" / "index.html").as_uri())
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    opened.keyboard.press("Enter")
    assert opened.evaluate("location.hash") == "#main-content"
    opened.close()
