"""A browser, and what overflows in it."""

import os
import shutil
from importlib.util import find_spec

import pytest

CHROMIUM = shutil.which("chromium")
WIDTHS = (("screen", 400), ("screen", 800), ("screen", 1200), ("print", 688))

# What reaches over the edge of the page, or is cut or scrolled inside its box.
OUTSIDE = """() => [...document.querySelectorAll('body, body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && (box.right > document.documentElement.clientWidth + 1 || box.left < -1
                       || (one.clientWidth && one.scrollWidth > one.clientWidth + 1));
}).map(one => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 60)}`)"""


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None or find_spec("playwright") is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("no chromium, or no playwright, on this machine")
    from playwright import sync_api as playwright

    with playwright.sync_playwright() as played:
        opened = played.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def overflowing(browser):
    """What overflows on a page's file, by medium and width; folded pictures are opened."""

    def look(path):
        opened = browser.new_page()
        opened.goto(path.as_uri())
        opened.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = {}
        for medium, width in WIDTHS:
            opened.set_viewport_size({"width": width, "height": 900})
            opened.emulate_media(media=medium)
            found[medium, width] = opened.evaluate(OUTSIDE)
        opened.close()
        return {place: names for place, names in found.items() if names}

    return look
