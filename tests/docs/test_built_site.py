"""The site that `make docs` built, in a browser: it is as wide as the screen, legible, searchable."""

from pathlib import Path

import pytest
from tests.browser import faint

SITE = Path(__file__).resolve().parents[2] / "build" / "site"
PAGES = (
    "index.html",
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
def test_a_page_is_as_wide_as_the_screen_and_legible(page, browser):
    opened = browser.new_page()
    opened.goto((SITE / page).as_uri())
    for width in (400, 1200):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert faint(opened) == []
    opened.close()


@pytest.mark.parametrize("words", ["knee", "sampling frequency"])
def test_the_search_finds_what_tells_how_first(browser, words):
    opened = browser.new_page()
    opened.goto(f"{(SITE / 'search.html').as_uri()}?q={words}")
    opened.wait_for_selector(".search-summary:has-text('finished')")
    found = opened.locator("#search-results li a").evaluate_all("all => all.map(one => one.href)")
    first = [link.removeprefix(SITE.as_uri() + "/").split("/")[0] for link in found[:5]]
    telling = [part in {"how-to", "guides", "auto_gallery", "project"} for part in first]
    assert sum(telling) > len(first) / 2
    opened.close()


def test_a_keyboard_reaches_the_text_first_and_the_menu_next(browser):
    opened = browser.new_page()
    opened.goto((SITE / "guides" / "index.html").as_uri())
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    opened.keyboard.press("Enter")
    assert opened.evaluate("location.hash") == "#main-content"
    opened.close()


def test_a_name_shows_the_programs_that_use_it():
    page = SITE / "api" / "generated" / "locomotion_analysis.plots.plot_cyclogram.html"
    assert "auto_gallery/03_curves/cyclogram.html" in page.read_text(encoding="utf-8")
